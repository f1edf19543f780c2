using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>One declaration for 3.x and 4.x, and what the report makes of a broker that differs.</summary>
public sealed class ReplicatedTopologyTests
{
    private static readonly ReplicatedTopology Shop = new ReplicatedTopologyBuilder()
        .Topology(static plain => plain.Exchange("shop", "topic").ClassicQueue("log").Bind("orders.eu", "shop", "order.*"))
        .ReplicatedQueue(new QueueSpec { Name = "orders.eu", DeliveryLimit = 5, MessageTtl = TimeSpan.FromMinutes(1) })
        .Policy(new PolicySpec { Name = "lengths", Pattern = "^log$", Definition = new Dictionary<string, object?> { ["max-length"] = 1000 } })
        .Build();

    [Theory]
    [InlineData("3.8.0")]
    [InlineData("3.10.8")]
    [InlineData("3.13.7+1")]
    public void Before_4_replicated_queues_are_mirrored(string version)
    {
        ResolvedTopology resolved = Shop.Resolve(version);

        Assert.Equal(Replication.Mirroring, resolved.Replication);
        QueueSpec orders = resolved.Topology.Queues.Single(static queue => queue.Name is "orders.eu");
        Assert.Equal((QueueType.Classic, null, true), (orders.Type, orders.DeliveryLimit, orders.Durable));
        PolicySpec mirror = resolved.Policies.Single(static policy => policy.Name is "mirror:orders.eu");
        Assert.Equal(("^orders\\.eu$", PolicyScope.Queues, 10, "all", "when-synced"), (mirror.Pattern, mirror.ApplyTo, mirror.Priority, mirror.Definition["ha-mode"], mirror.Definition["ha-promote-on-failure"]));
        Assert.Contains($"RabbitMQ {version}: replicated queues are classic queues with a mirror policy", resolved.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4.0.5")]
    [InlineData("4.2")]
    [InlineData("10.1")]
    public void From_4_on_replicated_queues_are_quorum_queues(string version)
    {
        ResolvedTopology resolved = Shop.Resolve(version);

        QueueSpec orders = resolved.Topology.Queues.Single(static queue => queue.Name is "orders.eu");
        Assert.Equal((QueueType.Quorum, 5), (orders.Type, orders.DeliveryLimit));
        Assert.Equal("lengths", Assert.Single(resolved.Policies).Name);
        Assert.Contains("quorum queues", resolved.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    public void A_version_that_is_none_decides_nothing(string version) => Assert.Throws<ArgumentException>(() => Shop.Resolve(version));

    [Fact]
    public void What_only_one_kind_of_queue_knows_is_refused_for_both()
    {
        var builder = new ReplicatedTopologyBuilder();

        Assert.Throws<ArgumentException>(() => builder.ReplicatedQueue("q", new Dictionary<string, object?> { ["x-max-priority"] = 5 }));
        Assert.Throws<ArgumentException>(() => builder.ReplicatedQueue("q", new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }));
        Assert.Throws<ArgumentException>(() => builder.ReplicatedQueue(new QueueSpec { Name = "q", Type = QueueType.Quorum }));
        Assert.Throws<ArgumentException>(() => builder.ReplicatedQueue(new QueueSpec { Name = "q", Exclusive = true }));
        Assert.Throws<ArgumentException>(() => builder.ReplicatedQueue("q").ReplicatedQueue("q"));
        Assert.Throws<ArgumentException>(() => builder.Topology(static plain => plain.ClassicQueue("q")).Build());
        Assert.Throws<ArgumentException>(() => builder.Policy(new PolicySpec { Name = "p", Pattern = "", Definition = new Dictionary<string, object?>() }).Policy(new PolicySpec { Name = "p", Pattern = "", Definition = new Dictionary<string, object?>() }));
    }

    [Fact]
    public async Task A_broker_of_4_is_compared_with_quorum_queues_and_each_difference_has_its_line()
    {
        await using var peer = new HttpPeer(static request => Reply(request.Target.Split('?')[0].Split('/')[2] switch
        {
            "overview" => """{"rabbitmq_version":"4.0.5"}""",
            "exchanges" => """[{"name":"shop","vhost":"v","type":"fanout","durable":false,"auto_delete":true,"arguments":[]}]""",
            "queues" => """[{"name":"orders.eu","type":"classic","durable":true,"arguments":{"x-message-ttl":60001,"x-extra":true}},{"name":"log","type":"classic","durable":true,"arguments":{"x-queue-type":"classic"}}]""",
            "bindings" => """[{"source":"shop","destination":"orders.eu","destination_type":"queue","routing_key":"order.#","arguments":{}}]""",
            _ => """[{"name":"lengths","pattern":"^log$","apply-to":"all","priority":1,"definition":{"max-length":1000.0}}]""",
        }));
        using RabbitManagementClient client = peer.NewClient();

        DriftReport report = await client.FindDriftAsync(Shop);

        Assert.Equal(
            [
                "exchange 'shop': OtherType, declared topic, found fanout",
                "exchange 'shop': OtherProperties, declared durable, found transient, auto-delete",
                "queue 'orders.eu': OtherType, declared quorum, found classic",
                "queue 'orders.eu': OtherArguments, declared x-delivery-limit=5, x-message-ttl=60000, found x-extra=true, x-message-ttl=60001",
                "binding of queue 'orders.eu' to exchange 'shop' with the key 'order.*': Missing",
                """policy 'lengths': PolicyChanged, declared ^log$ on all, priority 0, {"max-length":1000}, found ^log$ on all, priority 1, {"max-length":1000}""",
            ],
            report.Entries.Select(static entry => entry.ToString()));
        Assert.False(report.IsInSync);
        Assert.Equal("v", report.VirtualHost);
        Assert.All(peer.Seen, static request => Assert.Equal("GET", request.Method));
    }
}
