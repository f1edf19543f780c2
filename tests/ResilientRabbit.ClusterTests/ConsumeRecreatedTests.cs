using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Somebody deletes a queue in the middle of its traffic and creates it again; the consumers have the options they have by default.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ConsumeRecreatedTests(ClusterFixture fixture)
{
    private const int Consumers = 5;

    /// <summary>The goal is two seconds after it is possible, which is at once; a busy machine may need some more.</summary>
    private static readonly TimeSpan BackAgain = TimeSpan.FromSeconds(6);

    /// <remarks>
    /// 3.10 hands a consumer of a quorum queue over to the new queue without a word and then swallows what that delivers: seen in 8 of 10 deletions.
    /// </remarks>
    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_consumer_of_a_stream_goes_on_when_its_queue_was_deleted_and_created_again(QueueKind kind)
    {
        await fixture.Cluster.RepairAsync();
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        foreach (IRabbitNode node in fixture.Cluster.Nodes)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{node.Address.Host}:{node.Address.Port}"));
        }

        await using var client = new RabbitClient(options, TestLog.Create());
        for (int round = 0; round < Consumers; round++)
        {
            string queue = string.Create(CultureInfo.InvariantCulture, $"recreated-{kind}-{round}-{Guid.NewGuid():N}").ToLowerInvariant();
            await MeasureAsync(client, kind, queue);
        }
    }

    private async Task MeasureAsync(RabbitClient client, QueueKind kind, string queue)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await client.DeclareAsync(new TopologyBuilder().Queue(new QueueSpec { Name = queue, Type = kind == QueueKind.Quorum ? QueueType.Quorum : QueueType.Classic }).Build(), cancel);
        var consumer = new FleetConsumer(kind, "recreated", queue, client);
        await consumer.StartAsync(new ConsumerOptions(), cancel);
        var feeder = new FleetFeeder(fixture.Cluster, queue);
        feeder.Start();
        await ConsumeBench.UntilAsync(() => consumer.FinishedRuns >= 50, () => $"{consumer.Status}");

        await fixture.Cluster.DeleteQueueAsync(queue);
        await fixture.Cluster.DeclareQueueAsync(queue, kind == QueueKind.Quorum);
        long there = Stopwatch.GetTimestamp();
        await ConsumeBench.UntilAsync(() => consumer.TimeToFirstFreshAfter(there) is not null, () => $"{consumer.Status}");
        TimeSpan back = consumer.TimeToFirstFreshAfter(there)!.Value;

        // It goes on, and there is one of it.
        int before = consumer.FinishedRuns;
        await ConsumeBench.UntilAsync(() => consumer.FinishedRuns >= before + 50, () => $"{consumer.Status}");
        var census = new ConsumerCensus(fixture.Cluster, [queue]);
        string? wrong = await census.FindFaultAsync(countSuspected: true);
        await feeder.StopAsync();
        await consumer.StopAsync();
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"recreated | {kind} | back {back.TotalMilliseconds:0} ms after the queue | resubscribed {consumer.Status.Resubscribes} | {consumer.Status.LastError}"));
        Assert.True(wrong is null, wrong);
        Assert.Equal(1, census.Most);
        Assert.True(back < BackAgain, $"{back}: {consumer.Status}");
        await fixture.Cluster.DeleteQueueAsync(queue);
    }
}
