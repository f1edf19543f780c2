using Xunit;

namespace ResilientRabbit.Tests.Declaring;

public sealed class TopologyBuilderTests
{
    public static TheoryData<string, string> BadNames => new()
    {
        { "", "empty" },
        { new string('n', 256), "256 bytes" },
        { string.Concat(Enumerable.Repeat("😀", 64)), "256 bytes" },
        { "a\0b", "U+0000" },
        { "a\nb", "U+000A" },
        { "a\ud800b", "lone surrogate at index 1" },
        { "\udc00", "lone surrogate at index 0" },
        { "amq.mine", "reserved" },
    };

    public static TheoryData<string, QueueSpec> BadQueues => new()
    {
        { "durable", new QueueSpec { Name = "q", Type = QueueType.Quorum, Durable = false } },
        { "exclusive", new QueueSpec { Name = "q", Type = QueueType.Quorum, Exclusive = true } },
        { "auto-deleted", new QueueSpec { Name = "q", Type = QueueType.Quorum, AutoDelete = true } },
        { "x-max-priority", new QueueSpec { Name = "q", Type = QueueType.Quorum, Arguments = Arguments("x-max-priority", 5) } },
        { "x-queue-mode", new QueueSpec { Name = "q", Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum", ["x-queue-mode"] = "lazy" } } },
        { "x-queue-type", new QueueSpec { Name = "q", Arguments = Arguments("x-queue-type", "qourum") } },
        { "given twice", new QueueSpec { Name = "q", Type = QueueType.Quorum, Arguments = Arguments("x-queue-type", "quorum") } },
        { "DeliveryLimit", new QueueSpec { Name = "q", DeliveryLimit = 3 } },
        { "DeliveryLimit", new QueueSpec { Name = "q", Type = QueueType.Quorum, DeliveryLimit = -1 } },
        { "MessageTtl", new QueueSpec { Name = "q", MessageTtl = TimeSpan.FromSeconds(-1) } },
        { "DeadLetterExchange", new QueueSpec { Name = "q", DeadLetterRoutingKey = "k" } },
        { "not known", new QueueSpec { Name = "q", Type = (QueueType)7 } },
        { "Guid", new QueueSpec { Name = "q", Arguments = Arguments("x-id", Guid.Empty) } },
    };

    [Theory]
    [MemberData(nameof(BadNames))]
    public void A_name_that_cannot_be_declared_is_refused_with_the_reason(string name, string reason)
    {
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new TopologyBuilder().Exchange(name)).Message, StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new TopologyBuilder().Queue(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_255_bytes_are_taken()
    {
        Topology topology = new TopologyBuilder().Queue(new string('n', 255)).Queue(string.Concat(Enumerable.Repeat("€", 85))).Build();

        Assert.Equal(2, topology.Queues.Count);
    }

    [Fact]
    public void Null_names_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new TopologyBuilder().Exchange((string)null!));
        Assert.Throws<ArgumentNullException>(() => new TopologyBuilder().Queue((string)null!));
        Assert.Throws<ArgumentNullException>(() => new TopologyBuilder().Bind("q", "x", null!));
    }

    [Theory]
    [MemberData(nameof(BadQueues))]
    public void A_queue_that_the_broker_would_refuse_is_refused_here(string reason, QueueSpec queue) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new TopologyBuilder().Queue(queue)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("x-consistent-hash", true)]
    [InlineData("topics", false)]
    [InlineData("", false)]
    public void Unknown_exchange_types_are_refused_unless_a_plugin_may_know_them(string type, bool isTaken)
    {
        Exception? exception = Record.Exception(() => new TopologyBuilder().Exchange("x", type));

        Assert.Equal(isTaken, exception is null);
    }

    [Fact]
    public void A_binding_may_name_the_brokers_own_exchanges_but_not_the_default_one()
    {
        Assert.Single(new TopologyBuilder().Bind("q", "amq.topic", "k").Build().Bindings);
        Assert.Throws<ArgumentException>(() => new TopologyBuilder().Bind("q", "", "k"));
    }

    [Fact]
    public void Adding_an_entity_twice_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new TopologyBuilder().Queue("q").Queue("q"));
        Assert.Throws<ArgumentException>(() => new TopologyBuilder().Exchange("x").Exchange("x", "topic"));
    }

    [Fact]
    public void Arguments_that_contain_themselves_are_refused()
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        table["self"] = table;

        Assert.Throws<ArgumentException>(() => new TopologyBuilder().Queue("q", table));
    }

    [Fact]
    public void Arguments_are_copied()
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-max-length"] = 5 };
        Topology topology = new TopologyBuilder().Queue("q", arguments).Build();

        arguments["x-max-length"] = 6;

        Assert.Equal(5, topology.Queues[0].Arguments["x-max-length"]);
    }

    private static Dictionary<string, object?> Arguments(string key, object? value) => new(StringComparer.Ordinal) { [key] = value };
}
