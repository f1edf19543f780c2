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

    /// <summary>More messages than the window holds: something is on the wire at any moment.</summary>
    private const int InFlight = 8;

    [Fact]
    public async Task Nothing_confirmed_is_lost_when_the_node_that_is_published_to_is_killed_in_the_middle()
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Quorum, "packed");
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
        var publishing = new Queue<Task>();
        Task killing = Task.CompletedTask;
        int submitted = 0;

        // The connection is open before anything is done to it.
        await PublishAsync(client, bench.Queue, submitted++, confirmed, attempts).WaitAsync(TimeSpan.FromSeconds(150), TestContext.Current.CancellationToken);

        // Some batches are always on their way: also when the node dies, and for a while afterwards.
        for (int left = Batches; left > 0; left -= killing.IsCompleted ? 1 : 0)
        {
            publishing.Enqueue(PublishAsync(client, bench.Queue, submitted++, confirmed, attempts));
            if (submitted == Batches / 2)
            {
                IRabbitNode victim = PublishingNode(client);
                killing = victim.KillAsync(TestContext.Current.CancellationToken);
            }

            if (publishing.Count == InFlight)
            {
                await publishing.Dequeue().WaitAsync(TimeSpan.FromSeconds(150), TestContext.Current.CancellationToken);
            }
        }

        await Task.WhenAll(publishing).WaitAsync(TimeSpan.FromSeconds(150), TestContext.Current.CancellationToken);
        await killing;
        await ConsumeBench.UntilAsync(() => confirmed.All(handled.ContainsKey), () => $"{confirmed.Count} confirmed, {handled.Count} handled, {subscription.Status}");
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        await fixture.Cluster.RepairAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(submitted * BatchSize, confirmed.Count);
        PublishCounts counts = client.Status.Publishing;
        Assert.Equal((counts.Submitted, 0L), (counts.Confirmed, counts.Pending));
        Assert.Equal(0, unmarked);

        Assert.SkipWhen(counts.Replayed == 0, "Nothing was unanswered when the node died: this run shows nothing.");
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
            $"packed | node killed | {confirmed.Count} confirmed, 0 lost, {counts.Replayed} sent again, {attempts.Max()} attempts at most, {handled.Values.Sum() - handled.Count} handled again, all marked"));
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

    private IRabbitNode PublishingNode(RabbitClient client)
    {
        ConnectionStatus publishing = client.Status.Connections.First(static connection => connection.Name.Contains("publish", StringComparison.Ordinal));
        return fixture.Cluster.Nodes.Single(node => string.Equals(publishing.Endpoint, TextOf(node), StringComparison.Ordinal));
    }

    private static string TextOf(IRabbitNode node) => string.Create(CultureInfo.InvariantCulture, $"{node.Address.Host}:{node.Address.Port}");

    private RabbitClient NewClient()
    {
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        foreach (IRabbitNode node in fixture.Cluster.Nodes)
        {
            options.Endpoints.Add(TextOf(node));
        }

        options.Publisher.Packing = true;
        options.Publisher.Connections = 1;
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
