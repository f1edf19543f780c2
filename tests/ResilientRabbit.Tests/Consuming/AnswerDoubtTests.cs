using RabbitMQ.Client;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class AnswerDoubtTests
{
    private readonly AnswerDoubt _doubt = new();

    [Theory]
    [InlineData(1, 252, true)]
    [InlineData(1, 100, false)]
    [InlineData(100, 200, false)]
    [InlineData(100, 450, true)]
    [InlineData(300, 600, false)]
    public void An_empty_answer_is_doubtful_by_the_time_that_the_queue_took_and_not_by_the_way(int nodeTook, int took, bool isDoubtful) =>
        Assert.Equal(isDoubtful, IsDoubtful(nodeTook, took));

    [Fact]
    public void A_node_that_was_slow_for_once_does_not_make_the_way_longer()
    {
        Assert.False(IsDoubtful(nodeTook: 1, took: 2));

        Assert.True(IsDoubtful(nodeTook: 300, took: 551));
        _doubt.Restart();
        Assert.False(IsDoubtful(nodeTook: 300, took: 551));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void An_answer_that_tells_of_something_is_one_however_late(uint messages, uint consumers) =>
        Assert.False(_doubt.IsDoubtful(new QueueLook(new QueueDeclareOk("orders", messages, consumers), TimeSpan.Zero), TimeSpan.FromSeconds(5)));

    private bool IsDoubtful(int nodeTook, int took) =>
        _doubt.IsDoubtful(new QueueLook(new QueueDeclareOk("orders", 0, 0), TimeSpan.FromMilliseconds(nodeTook)), TimeSpan.FromMilliseconds(took));
}
