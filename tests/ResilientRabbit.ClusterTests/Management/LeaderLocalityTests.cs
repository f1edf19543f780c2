using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using ResilientRabbit.Management;
using Xunit;
using Xunit.Sdk;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>Lanes publish through the node that leads their queue, and go after it when it moves: nothing is lost for that, and order is kept.</summary>
[Collection(LeaderGroup.Name)]
public sealed class LeaderLocalityTests(LeaderFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_lane_publishes_through_the_node_that_leads_its_queue_and_goes_after_it(QueueKind kind)
    {
        IRabbitCluster cluster = fixture.Cluster;
        if (kind == QueueKind.Mirrored)
        {
            fixture.SkipWithoutMirroring();
        }

        await cluster.RepairAsync();
        string queue = string.Create(CultureInfo.InvariantCulture, $"led-{kind}-{Guid.NewGuid().ToString("N")[..6]}").ToLowerInvariant();
        IRabbitNode first = cluster.Nodes[1];
        await DeclareAtAsync(fixture, first, queue, kind);
        using RabbitManagementClient management = fixture.NewClient();
        await using RabbitClient client = NewFollower(fixture, management);
        await client.ConnectAsync();

        // A key whose lane is at home elsewhere: it has to change over.
        IReadOnlyList<PublishLaneStatus> homes = await NamedLanesAsync(client, management);
        int number = homes.First(lane => !string.Equals(lane.NodeName, first.Name, StringComparison.Ordinal)).Number;
        string key = Enumerable.Range(0, 100).Select(static index => FormattableString.Invariant($"key-{index}")).First(key => (uint)key.GetHashCode(StringComparison.Ordinal) % 3 == number);
        var publisher = new SteadyPublisher(client, queue, key, TimeSpan.FromMilliseconds(2));
        publisher.Start();
        long started = Stopwatch.GetTimestamp();

        await UntilFollowedAsync(client, first.Name, number);
        TimeSpan found = Stopwatch.GetElapsedTime(started);

        await ManagementFixture.EventuallyAsync(() => BusiestNodeAsync(first), node => string.Equals(node, first.Name, StringComparison.Ordinal), "by rabbitmqctl another node receives what is published");
        Assert.Equal(0, client.Status.Publishing.Replayed);

        await cluster.WaitUntilSynchronisedAsync(queue);
        long killed = Stopwatch.GetTimestamp();
        await first.KillAsync();
        await ManagementFixture.EventuallyAsync(() => Task.FromResult(publisher.HasConfirmedAfter(killed)), static seen => seen, "nothing is confirmed after the kill", Patience);
        IRabbitNode second = await ManagementFixture.EventuallyAsync(() => LeaderOfAsync(cluster, queue), node => node is not null && node != first, "no new leader", Patience) ?? throw new UnreachableException();
        await UntilFollowedAsync(client, second.Name, number);
        await ManagementFixture.EventuallyAsync(() => BusiestNodeAsync(second), node => string.Equals(node, second.Name, StringComparison.Ordinal), "by rabbitmqctl another node receives what is published");
        TimeSpan followed = Stopwatch.GetElapsedTime(killed);
        await first.StartAsync();
        await publisher.StopAsync(Patience);
        await cluster.RepairAsync();

        Verdict verdict = HistoryChecker.Check([.. publisher.Sent], [.. (await cluster.DrainAsync(queue)).Select(TestBody.Read)]);
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"leader locality | {kind} | at the leader's node {found.TotalSeconds:0.0} s after the first publish | leader killed: at the new one's {followed.TotalSeconds:0.0} s later | {verdict}"));
        Assert.True(verdict.IsSafe, verdict.ToString());
        Assert.Equal(verdict.Attempted, verdict.Acknowledged);
        await cluster.DeleteQueueAsync(queue);
    }

    /// <summary>A client with a connection to each node that follows leaders.</summary>
    internal static RabbitClient NewFollower(LeaderFixture fixture, RabbitManagementClient management)
        => fixture.NewRabbitClient("/", options =>
        {
            options.NodeNameResolver = new ManagementNodeNameResolver(management);
            options.QueueLeaderResolver = new ManagementQueueLeaderResolver(management);
            options.Publisher.LeaderRefreshInterval = TimeSpan.FromSeconds(1);
            options.Publisher.Connections = 3;
            options.Publisher.Lanes = 3;
        });

    internal static async Task DeclareAtAsync(LeaderFixture fixture, IRabbitNode node, string queue, QueueKind kind)
    {
        await using RabbitClient there = fixture.NewRabbitClient("/", configure: null, node);
        TopologyBuilder topology = new();
        await there.DeclareAsync((kind == QueueKind.Quorum ? topology.QuorumQueue(queue) : topology.ClassicQueue(queue)).Build());
        await fixture.Cluster.WaitUntilSynchronisedAsync(queue);
        Assert.Equal(node.Name, (await fixture.Cluster.GetQueueLeaderAsync(queue)).Name);
    }

    /// <summary>Waits for the name of each lane's node. When one has none, the report says what the broker listed.</summary>
    private static async Task<IReadOnlyList<PublishLaneStatus>> NamedLanesAsync(RabbitClient client, RabbitManagementClient management)
    {
        IReadOnlyList<PublishLaneStatus> lanes = [];
        try
        {
            await ManagementFixture.EventuallyAsync(
                () => Task.FromResult($"{string.Join(", ", lanes = client.Status.Lanes)}; {string.Join(", ", client.Status.Connections)}"),
                _ => lanes.All(static lane => lane.NodeName is not null),
                "a node has no name",
                Patience);
        }
        catch (XunitException)
        {
            FaultReport.Write($"a node has no name; listed: {string.Join(", ", await management.ListConnectionsAsync())}");
            throw;
        }

        return lanes;
    }

    internal static async Task UntilFollowedAsync(RabbitClient client, string node, int? number = null)
        => await ManagementFixture.EventuallyAsync(
            () => Task.FromResult(string.Join(", ", client.Status.Lanes)),
            _ => client.Status.Lanes.Any(lane => (number is null || lane.Number == number) && string.Equals(lane.LeaderNode, node, StringComparison.Ordinal) && string.Equals(lane.NodeName, node, StringComparison.Ordinal)),
            $"no lane is at {node}",
            Patience);

    private static async Task<IRabbitNode?> LeaderOfAsync(IRabbitCluster cluster, string queue)
    {
        try
        {
            return await cluster.GetQueueLeaderAsync(queue);
        }
        catch (InvalidOperationException)
        {
            // Between two leaders.
            return null;
        }
    }

    /// <summary>The node whose clients send most at the moment, as rabbitmqctl says.</summary>
    private static async Task<string> BusiestNodeAsync(IRabbitNode asked)
    {
        Dictionary<string, long> before = await ReceivedAsync(asked);
        await Task.Delay(500);
        Dictionary<string, long> after = await ReceivedAsync(asked);
        return after.MaxBy(pair => pair.Value - before.GetValueOrDefault(pair.Key)).Key;
    }

    // A process is told as <node.number.number.number>.
    private static async Task<Dictionary<string, long>> ReceivedAsync(IRabbitNode asked)
        => (await asked.RunCtlAsync("-q", "--no-table-headers", "list_connections", "pid", "recv_oct")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split('\t'))
            .GroupBy(static columns => columns[0].TrimStart('<').Split('.')[0], static columns => long.Parse(columns[1], CultureInfo.InvariantCulture), StringComparer.Ordinal)
            .ToDictionary(static node => node.Key, static node => node.Sum(), StringComparer.Ordinal);
}
