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
    public void An_answer_is_awaited_longer_with_each_attempt(int attempt, int longest, int expected)
        => Assert.Equal(TimeSpan.FromSeconds(expected), ConsumerOpener.AnswerLimit(attempt, TimeSpan.FromSeconds(longest)));

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
