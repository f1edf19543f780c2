using System.Collections.Concurrent;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Nodes that die, freeze and come back, in a model cluster of three.</summary>
public sealed class ClusterScenarios
{
    [Theory, Scenario("29", "P1,P2,P5,P13")]
    [InlineData("quorum", "kill")]
    [InlineData("quorum", "freeze")]
    [InlineData("classic", "kill")]
    [InlineData("classic", "freeze")]
    public async Task A_node_that_is_lost_under_load_loses_nothing_confirmed(string type, string fault)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { MirroredQueues = "^q$" });
        await using RabbitClient client = NewClient(cluster);
        await client.DeclareAsync(new TopologyBuilder().Queue("q", new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = type }).Build()).WaitAsync(Bed.Patience);

        // One half is confirmed, the other is on its way and in no queue when the node is lost. The lane may still go home, so any node may be the one.
        FaultHandle[] stuck = [.. cluster.Nodes.Select(static node => node.Faults.FromClient(AmqpMethod.BasicPublish).Nth(151).Stall())];
        List<Task<PublishReceipt>> publishing = [.. Bed.Publish(client, 301)];
        await (await Task.WhenAny(stuck.Select(static handle => handle.WaitFiredAsync(Bed.Patience))));
        int lost = Array.FindIndex(stuck, static handle => handle.Fired > 0);
        foreach (FaultHandle other in stuck.Where(static handle => handle.Fired == 0))
        {
            other.Cancel();
        }

        await (fault is "kill" ? cluster.KillAsync(lost) : cluster.FreezeAsync(lost));

        publishing.AddRange(Bed.Publish(client, 300, first: 301));
        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        string[] stored = [.. cluster.Nodes[(lost + 1) % 3].GetMessages("q").Select(static message => message.MessageId!)];
        Assert.Empty(receipts.Select(static receipt => receipt.MessageId).Except(stored, StringComparer.Ordinal));
        Assert.Contains(receipts, static receipt => receipt.Attempts > 1);
        Assert.Empty(cluster.Nodes.SelectMany(static node => node.Errors));
        await (fault is "kill" ? cluster.RestartAsync(lost) : cluster.ThawAsync(lost));
    }

    [Fact, Scenario("29", "P1,P2")]
    public async Task What_is_confirmed_is_there_when_the_only_node_has_died_and_come_back()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 100));

        await bed.Broker.KillAsync();
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 100, first: 100);
        await bed.Broker.RestartAsync();
        PublishReceipt[] after = await Bed.AllAsync(publishing);

        bed.AssertHonest([.. before, .. after]);
    }

    [Fact, Scenario("51", "P21,P22,P26")]
    public async Task A_consumer_of_a_killed_node_consumes_on_another()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { MirroredQueues = "^q$" });
        await using RabbitClient client = NewClient(cluster);
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue("q").Build()).WaitAsync(Bed.Patience);
        var received = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await using ISubscription subscription = await client.SubscribeAsync("q", new LambdaHandler(message =>
        {
            received.TryAdd(message.MessageId!, true);
            return Settlement.Ack;
        })).WaitAsync(Bed.Patience);
        PublishReceipt[] first = await Bed.AllAsync(Bed.Publish(client, 50));
        int consumed = cluster.Nodes.ToList().FindIndex(static node => node.Connections().Any(static connection => connection.Consumers > 0));

        await cluster.KillAsync(consumed);
        PublishReceipt[] second = await Bed.AllAsync(Bed.Publish(client, 50, first: 50));

        await Bed.UntilAsync(() => first.Concat(second).All(receipt => received.ContainsKey(receipt.MessageId)), "all messages");
    }

    private static RabbitClient NewClient(TestCluster cluster)
    {
        var options = new ResilientRabbitOptions
        {
            Heartbeat = TimeSpan.FromSeconds(2),
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
            ReconnectMaxDelay = TimeSpan.FromMilliseconds(200),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            ShutdownTimeout = TimeSpan.FromSeconds(2),
        };
        options.Publisher.DeliveryTimeout = Bed.Patience;
        options.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(1);
        foreach (TestBroker node in cluster.Nodes)
        {
            options.Endpoints.Add(node.Endpoint);
        }

        return new RabbitClient(options, TestLog.Create());
    }
}
