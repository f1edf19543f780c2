using System.Collections.Concurrent;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Packed batches on a real cluster: nothing confirmed is lost with a node, and one bad message concerns no other.</summary>
[Collection(ClusterGroup.Name)]
public sealed class PackedTests(ClusterFixture fixture)
{
    private const int Batches = 60;
    private const int BatchSize = 500;

    [Fact]
    public async Task Nothing_confirmed_is_lost_when_the_leader_is_killed_in_the_middle()
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Quorum, "packed");
        IRabbitNode victim = await fixture.Cluster.GetQueueLeaderAsync(bench.Queue, cancellationToken: TestContext.Current.CancellationToken);
        await using RabbitClient client = NewClient();
        var handled = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        int unmarked = 0;
        await using ISubscription subscription = await client.SubscribeAsync(
            bench.Queue,
            new DelegateHandler((message, _) =>
            {
                bool isMarked = message.Redelivered || message.Headers.ContainsKey("x-publish-attempt");
                if (handled.AddOrUpdate(message.MessageId!, 1, static (_, copies) => copies + 1) > 1 && !isMarked)
                {
                    Interlocked.Increment(ref unmarked);
                }

                return new(Settlement.Ack);
            }),
            new ConsumerOptions { Concurrency = 2 },
            TestContext.Current.CancellationToken);

        var confirmed = new ConcurrentBag<string>();
        var attempts = new ConcurrentBag<int>();
        Task killing = Task.CompletedTask;
        List<Task> publishing = [];
        for (int batch = 0; batch < Batches; batch++)
        {
            publishing.Add(PublishAsync(client, bench.Queue, batch, confirmed, attempts));
            if (batch == Batches / 2)
            {
                await publishing[0];
                killing = victim.KillAsync(TestContext.Current.CancellationToken);
            }
        }

        await Task.WhenAll(publishing).WaitAsync(TimeSpan.FromSeconds(150), TestContext.Current.CancellationToken);
        await killing;
        await ConsumeBench.UntilAsync(() => confirmed.All(handled.ContainsKey), () => $"{confirmed.Count} confirmed, {handled.Count} handled, {subscription.Status}");
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        await victim.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Batches * BatchSize, confirmed.Count);
        PublishCounts counts = client.Status.Publishing;
        Assert.Equal((counts.Submitted, 0L), (counts.Confirmed, counts.Pending));
        Assert.Equal(0, unmarked);
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
            $"packed | leader killed | {confirmed.Count} confirmed, 0 lost, {counts.Replayed} sent again, {attempts.Max()} attempts at most, {handled.Values.Sum() - handled.Count} handled again, all marked"));
    }

    [Fact]
    public async Task One_poison_message_of_a_pack_is_parked_alone()
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Quorum, "packed-poison");
        await using RabbitClient client = NewClient();
        var confirmed = new ConcurrentBag<string>();
        await PublishAsync(client, bench.Queue, 0, confirmed, []);
        long packs = await bench.CountAsync(bench.Queue);
        var runs = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var options = new ConsumerOptions { RetryLimit = 2, RetryDelays = [TimeSpan.FromMilliseconds(200)] };
        await using ISubscription subscription = await client.SubscribeAsync(
            bench.Queue,
            new DelegateHandler((message, _) =>
            {
                runs.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
                return string.Equals(message.MessageId, "0-77", StringComparison.Ordinal) ? throw new InvalidOperationException("poison") : new(Settlement.Ack);
            }),
            options,
            TestContext.Current.CancellationToken);
        await ConsumeBench.UntilAsync(() => subscription.Status is { DeadLettered: 1, Acknowledged: BatchSize + 1 }, () => $"{runs.Count} handled, {subscription.Status}");

        Assert.InRange(packs, 1, BatchSize / 10);
        Assert.Equal(2, runs["0-77"]);
        Assert.All(runs.Where(static run => !string.Equals(run.Key, "0-77", StringComparison.Ordinal)), static run => Assert.Equal(1, run.Value));
        Assert.Equal(BatchSize, runs.Count);
        DrainedMessage parked = Assert.Single(await bench.DrainAsync(bench.Parking));
        Assert.Equal("0-77", parked.MessageId);
        Assert.False(parked.Headers.ContainsKey("springBatchFormat"));
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await bench.CountAsync(bench.Queue));
        FaultReport.Write($"packed | poison | {BatchSize} messages in {packs} packs, one parked alone, the others handled once each");
        await fixture.Cluster.DeleteQueueAsync(bench.Queue + ".retry.200", cancellationToken: TestContext.Current.CancellationToken);
    }

    private RabbitClient NewClient()
    {
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        foreach (IRabbitNode node in fixture.Cluster.Nodes)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{node.Address.Host}:{node.Address.Port}"));
        }

        options.Publisher.Packing = true;
        return new RabbitClient(options, TestLog.Create());
    }

    private static async Task PublishAsync(RabbitClient client, string queue, int batch, ConcurrentBag<string> confirmed, ConcurrentBag<int> attempts)
    {
        OutboundMessage[] messages = [.. Enumerable.Range(0, BatchSize).Select(number => new OutboundMessage
        {
            Exchange = "",
            RoutingKey = queue,
            Body = new byte[64],
            Properties = new MessageProperties { MessageId = string.Create(CultureInfo.InvariantCulture, $"{batch}-{number}") },
        })];
        PublishBatchResult result = await client.Publisher.PublishBatchAsync(messages, TestContext.Current.CancellationToken);
        foreach (PublishOutcome outcome in result.Outcomes.Where(static outcome => outcome.IsConfirmed))
        {
            confirmed.Add(outcome.Receipt.MessageId);
            attempts.Add(outcome.Receipt.Attempts);
        }
    }
}
