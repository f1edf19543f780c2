using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class ResubscribeDelayTests
{
    [Theory]
    [InlineData(1, 10, 2)]
    [InlineData(2, 10, 4)]
    [InlineData(3, 10, 8)]
    [InlineData(4, 10, 10)]
    [InlineData(int.MaxValue, 10, 10)]
    [InlineData(1, 1, 1)]
    public void The_nodes_answer_is_awaited_longer_with_each_attempt(int attempt, int longest, int expected)
        => Assert.Equal(TimeSpan.FromSeconds(expected), AnswerLimits.ForNode(attempt, TimeSpan.FromSeconds(longest)));

    [Theory]
    [InlineData(1, 5, 0.5)]
    [InlineData(2, 5, 1)]
    [InlineData(4, 5, 1)]
    [InlineData(5, 5, 2)]
    [InlineData(6, 5, 4)]
    [InlineData(7, 5, 8)]
    [InlineData(int.MaxValue, 5, 10)]
    [InlineData(1, 100, 1)]
    [InlineData(2, 150, 1.5)]
    [InlineData(1, 2000, 2)]
    [InlineData(6, 2000, 4)]
    public void The_queues_answer_is_awaited_for_a_moment_unless_the_node_is_slow_and_longer_when_the_outage_is_a_long_one(int attempt, int nodeTook, double expected)
        => Assert.Equal(TimeSpan.FromSeconds(expected), AnswerLimits.ForQueue(attempt, TimeSpan.FromMilliseconds(nodeTook), TimeSpan.FromSeconds(10)));

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(20, 250)]
    [InlineData(21, 1500)]
    public void After_an_attempt_without_an_answer_the_next_one_follows_soon_for_a_while(int failures, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ResubscribeDelay.Of(failures, 0, 1, isUnanswered: true));

    [Fact]
    public void The_first_attempt_after_a_loss_is_made_at_once() => Assert.Equal(TimeSpan.Zero, ResubscribeDelay.Of(0, 0, 1));

    [Theory]
    [InlineData(1, 100)]
    [InlineData(3, 400)]
    [InlineData(50, 1500)]
    public void Delays_grow_to_a_cap_below_two_seconds(int failures, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ResubscribeDelay.Of(failures, 404, 1));

    [Fact]
    public void A_refusal_that_closes_the_connection_is_repeated_rarely() => Assert.Equal(TimeSpan.FromSeconds(30), ResubscribeDelay.Of(50, 540, 1));

    [Fact]
    public void Jitter_takes_up_to_half() => Assert.Equal(TimeSpan.FromMilliseconds(50), ResubscribeDelay.Of(1, 0, 0));
}
