using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>What benchmarks/results/leader.md shows. Run by hand (<c>-explicit only</c>): figures of a busy machine are no reason to fail.</summary>
[Collection(LeaderGroup.Name)]
public sealed class LeaderMeasurements(LeaderFixture fixture)
{
    private const int Rounds = 5;
    private const int Awaited = 1500;
    private const int Batch = 20_000;

    [Theory(Explicit = true)]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task What_the_hop_to_the_leader_costs(QueueKind kind)
    {
        IRabbitCluster cluster = fixture.Cluster;
        if (kind == QueueKind.Mirrored)
        {
            fixture.SkipWithoutMirroring();
        }

        string queue = $"hop-{kind}".ToLowerInvariant();
        await LeaderLocalityTests.DeclareAtAsync(fixture, cluster.Nodes[1], queue, kind);
        using RabbitManagementClient management = fixture.NewClient();
        await using RabbitClient elsewhere = fixture.NewRabbitClient("/", static options => options.Publisher.Connections = 1, cluster.Nodes[0]);
        await using RabbitClient follower = LeaderLocalityTests.NewFollower(fixture, management);
        await PublishAwaitedAsync(elsewhere, queue, Awaited);
        await PublishAwaitedAsync(follower, queue, Awaited);
        await LeaderLocalityTests.UntilFollowedAsync(follower, cluster.Nodes[1].Name);
        List<double> away = [];
        List<double> there = [];
        List<double> rateAway = [];
        List<double> rateThere = [];
        for (int round = 0; round < Rounds; round++)
        {
            // In turns, so that what else the machine does meets both.
            away.AddRange(await PublishAwaitedAsync(elsewhere, queue, Awaited));
            there.AddRange(await PublishAwaitedAsync(follower, queue, Awaited));
            rateAway.Add(await PublishBatchAsync(elsewhere, queue));
            rateThere.Add(await PublishBatchAsync(follower, queue));
            await management.PurgeQueueAsync(queue);
        }

        FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
            $"hop | {kind}, RabbitMQ {cluster.Version}, 256 B | awaited, one at a time: elsewhere p50 {Percentile(away, 0.5):0} us, p99 {Percentile(away, 0.99):0} us; at the leader p50 {Percentile(there, 0.5):0} us, p99 {Percentile(there, 0.99):0} us | batches of {Batch}: elsewhere {Percentile(rateAway, 0.5):0}/s, at the leader {Percentile(rateThere, 0.5):0}/s (medians of {Rounds})"));
        await cluster.DeleteQueueAsync(queue);
    }

    private static async Task<List<double>> PublishAwaitedAsync(RabbitClient client, string queue, int count)
    {
        byte[] body = new byte[256];
        List<double> times = new(count);
        while (times.Count < count)
        {
            long start = Stopwatch.GetTimestamp();
            await client.Publisher.PublishAsync(new OutboundMessage { Exchange = "", RoutingKey = queue, Body = body, OrderingKey = "key" });
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return times;
    }

    private static async Task<double> PublishBatchAsync(RabbitClient client, string queue)
    {
        byte[] body = new byte[256];
        OutboundMessage[] messages = [.. Enumerable.Range(0, Batch).Select(_ => new OutboundMessage { Exchange = "", RoutingKey = queue, Body = body, OrderingKey = "key" })];
        long start = Stopwatch.GetTimestamp();
        PublishBatchResult result = await client.Publisher.PublishBatchAsync(messages);
        Assert.True(result.Outcomes.All(static outcome => outcome.IsConfirmed));
        return Batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Percentile(List<double> values, double part)
    {
        values.Sort();
        return values[(int)(values.Count * part)];
    }
}
