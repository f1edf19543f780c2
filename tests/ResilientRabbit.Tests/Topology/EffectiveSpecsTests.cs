using ResilientRabbit.Declaring;
using Xunit;

namespace ResilientRabbit.Tests.Declaring;

public sealed class EffectiveSpecsTests
{
    [Fact]
    public void Without_defaults_a_description_is_durable_and_nothing_else()
    {
        QueueSpec queue = Of(new DeclarationDefaults(), new QueueSpec { Name = "q" });

        Assert.Equal((true, false, null), (queue.Durable, queue.AutoDelete, queue.Type));
        Assert.Empty(queue.Arguments);
    }

    [Fact]
    public void What_the_description_says_wins()
    {
        var defaults = new DeclarationDefaults { QueueType = QueueType.Quorum, Durable = false, AutoDelete = true, DeliveryLimit = 3 };

        QueueSpec classic = Of(defaults, new QueueSpec { Name = "q", Type = QueueType.Classic, Durable = true, AutoDelete = false });
        QueueSpec limited = Of(defaults, new QueueSpec { Name = "q", Type = QueueType.Quorum, DeliveryLimit = 9 });

        Assert.Equal((QueueType.Classic, true, false, null), (classic.Type, classic.Durable, classic.AutoDelete, classic.DeliveryLimit));
        Assert.Equal(9, limited.DeliveryLimit);
    }

    [Fact]
    public void Exclusive_auto_deleted_and_typed_queues_do_not_become_quorum()
    {
        var defaults = new DeclarationDefaults { QueueType = QueueType.Quorum, TransientQueueType = QueueType.Quorum };

        Assert.Null(Of(defaults, new QueueSpec { Name = "q", Exclusive = true }).Type);
        Assert.Null(Of(defaults, new QueueSpec { Name = "q", AutoDelete = true }).Type);
        Assert.Null(Of(defaults, new QueueSpec { Name = "q", Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "stream" } }).Type);
    }

    [Fact]
    public void Exchanges_of_quorum_queues_are_durable()
    {
        var specs = new EffectiveSpecs(new DeclarationDefaults { QueueType = QueueType.Quorum, Durable = false });

        ExchangeSpec exchange = Assert.Single(specs.Of(new TopologyBuilder().Exchange("e").Build()).Exchanges);

        Assert.True(exchange.Durable);
    }

    private static QueueSpec Of(DeclarationDefaults defaults, QueueSpec queue)
        => Assert.Single(new EffectiveSpecs(defaults).Of(new TopologyBuilder().Queue(queue).Build()).Queues);
}
