using ResilientRabbit.Declaring;
using Xunit;

namespace ResilientRabbit.Tests.Declaring;

public sealed class DeadLetterCyclesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Queues_that_expire_into_each_other_are_a_circle()
    {
        Topology topology = new TopologyBuilder()
            .Queue(new QueueSpec { Name = "b", DeadLetterExchange = "", DeadLetterRoutingKey = "c", MessageTtl = Second })
            .Queue(new QueueSpec { Name = "a", DeadLetterExchange = "", DeadLetterRoutingKey = "b", MessageTtl = Second })
            .Queue(new QueueSpec { Name = "c", Arguments = Table(("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "a"), ("x-max-length", 10)) })
            .Build();

        Assert.Equal(["a -> b -> c -> a"], DeadLetterCycles.Of(topology));
    }

    [Fact]
    public void A_queue_that_expires_into_itself_is_a_circle()
        => Assert.Equal(["q -> q"], DeadLetterCycles.Of(new TopologyBuilder().Queue(new QueueSpec { Name = "q", DeadLetterExchange = "", MessageTtl = Second }).Build()));

    [Theory]
    [InlineData("fanout", "anything", true)]
    [InlineData("direct", "back", true)]
    [InlineData("direct", "elsewhere", false)]
    [InlineData("topic", "b*ck", false)]
    [InlineData("topic", "*", true)]
    [InlineData("headers", "back", false)]
    public void A_circle_through_an_exchange_follows_its_bindings(string type, string bound, bool isCircle)
    {
        Topology topology = new TopologyBuilder()
            .Exchange("dead", type)
            .Queue(new QueueSpec { Name = "q", DeadLetterExchange = "dead", DeadLetterRoutingKey = "back", MessageTtl = Second })
            .Bind("q", "dead", bound)
            .Build();

        Assert.Equal(isCircle, DeadLetterCycles.Of(topology).Count == 1);
    }

    // The usual retry: the work queue gives up messages only by rejection, and RabbitMQ lets a rejected one go round.
    [Fact]
    public void A_circle_with_a_queue_that_only_rejects_is_none()
    {
        Topology topology = new TopologyBuilder()
            .Queue(new QueueSpec { Name = "work", DeadLetterExchange = "", DeadLetterRoutingKey = "retry" })
            .Queue(new QueueSpec { Name = "retry", DeadLetterExchange = "", DeadLetterRoutingKey = "work", MessageTtl = Second })
            .Build();

        Assert.Empty(DeadLetterCycles.Of(topology));
    }

    [Fact]
    public void Ten_thousand_queues_in_a_row_are_no_circle_and_no_burden()
    {
        var builder = new TopologyBuilder();
        for (int number = 0; number < 10_000; number++)
        {
            builder.Queue(new QueueSpec { Name = $"q{number}", DeadLetterExchange = "", DeadLetterRoutingKey = $"q{number + 1}", MessageTtl = Second });
        }

        Assert.Empty(DeadLetterCycles.Of(builder.Build()));
    }

    private static Dictionary<string, object?> Table(params (string Key, object? Value)[] values) => values.ToDictionary(static pair => pair.Key, static pair => pair.Value, StringComparer.Ordinal);
}
