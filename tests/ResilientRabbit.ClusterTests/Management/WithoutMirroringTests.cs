using ResilientRabbit.Clusters;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>What is different from RabbitMQ 4.0 on, which has no mirrored queues. Skipped on 3.x; <c>RR_RABBITMQ_ROOT</c> names a newer one.</summary>
[Collection(ManagementGroup.Name)]
public sealed class WithoutMirroringTests(ManagementFixture fixture)
{
    [Fact]
    public async Task A_replicated_queue_is_a_quorum_queue_and_changes_by_hand_are_named()
    {
        SkipWithMirroring();
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        IRabbitNode node = fixture.Cluster.Nodes[0];
        ReplicatedTopology shop = new ReplicatedTopologyBuilder()
            .Topology(static plain => plain.Exchange("shop", "topic").Bind("orders", "shop", "order.*"))
            .ReplicatedQueue("orders")
            .Policy(new PolicySpec { Name = "lengths", Pattern = "^orders$", ApplyTo = PolicyScope.Queues, Definition = new Dictionary<string, object?> { ["max-length"] = 1000 } })
            .Build();

        ResolvedTopology resolved = await client.ApplyAsync(rabbit, shop);
        QueueInfo queue = await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync("orders"), static found => found is { Leader: not null, OnlineMembers.Count: 2, Policy: "lengths" }, "no members");
        DriftReport fresh = await client.FindDriftAsync(shop);
        await node.RunCtlAsync("clear_policy", "-p", virtualHost, "lengths");
        await node.RunCtlAsync("delete_queue", "-p", virtualHost, "orders");
        await using (RabbitClient hand = fixture.NewRabbitClient(virtualHost))
        {
            await hand.DeclareAsync(new TopologyBuilder().ClassicQueue("orders").Build());
        }

        DriftReport report = await client.FindDriftAsync(shop);

        Assert.Equal((Replication.Quorum, fixture.Cluster.Version), (resolved.Replication, resolved.RabbitVersion));
        Assert.Equal(("quorum", 2), (queue.Type, queue.Members.Count));
        Assert.Empty(queue.Mirrors);
        Assert.True(fresh.IsInSync, fresh.ToString());
        Assert.Equal(
            [
                "queue 'orders': OtherType, declared quorum, found classic",
                "binding of queue 'orders' to exchange 'shop' with the key 'order.*': Missing",
                """policy 'lengths': PolicyMissing, declared ^orders$ on queues, priority 0, {"max-length":1000}""",
            ],
            report.Entries.Select(static entry => entry.ToString()));
    }

    [Fact]
    public async Task A_policy_that_mirrors_is_refused_with_the_brokers_words()
    {
        SkipWithMirroring();
        using RabbitManagementClient client = fixture.NewClient(await fixture.NewVirtualHostAsync());

        ManagementException refused = await Assert.ThrowsAsync<ManagementException>(() => client.SetPolicyAsync(
            new PolicySpec { Name = "HA", Pattern = ".*", ApplyTo = PolicyScope.Queues, Definition = new Dictionary<string, object?> { ["ha-mode"] = "all" } }));

        Assert.Equal(ManagementFailure.BadRequest, refused.Failure);
        Assert.Contains("ha-mode", refused.BrokerReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_check_of_mirrors_is_gone()
    {
        SkipWithMirroring();
        using RabbitManagementClient client = fixture.NewClient();

        ManagementException gone = await Assert.ThrowsAsync<ManagementException>(() => client.CheckNodeAsync(NodeHealthCheck.MirrorSynchronisation));

        Assert.Equal(ManagementFailure.NotFound, gone.Failure);
    }

    private void SkipWithMirroring() => Assert.SkipWhen(fixture.HasMirroring, $"RabbitMQ {fixture.Cluster.Version} mirrors queues.");
}
