using System.Collections.Concurrent;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>What is measured is what happened.</summary>
public sealed class MetricsTests
{
    private static readonly string[] Outcomes = ["confirmed", "NotSent", "Refused", "Unroutable", "Unknown"];

    [Fact]
    public async Task Outcomes_and_pending_add_up_to_submitted_in_every_collection_also_while_nodes_die()
    {
        string name = Name();
        using var meter = new MeterRecorder(name);
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await using RabbitClient client = NewClient(cluster, name);
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue("q").Build()).WaitAsync(Bed.Patience);
        using var stop = new CancellationTokenSource();
        using var done = new CancellationTokenSource();
        Task<(int Collections, int Moved)> collecting = Task.Run(() => CollectUntil(meter, stop.Token));
        var outcomes = new ConcurrentBag<Exception?>();
        Task[] publishing = [.. Enumerable.Range(0, 4).Select(writer => Task.Run(() => PublishAsync(client, writer, outcomes, done.Token)))];

        foreach (string connection in new[] { ":publish-1", ":publish-2" })
        {
            TestBroker? node = null;
            long before = client.Status.Publishing.Confirmed;
            await Bed.UntilAsync(() => client.Status.Publishing.Confirmed > before + 200, "load");
            await Bed.UntilAsync(() => (node = cluster.Nodes.FirstOrDefault(node => node.Connections().Any(open => open.IsOpen && open.ClientProvidedName?.EndsWith(connection, StringComparison.Ordinal) == true))) is not null, "the connection");
            await node!.KillAsync();
            await node.RestartAsync();
        }

        await done.CancelAsync();
        await Task.WhenAll(publishing).WaitAsync(Bed.Patience);
        await stop.CancelAsync();
        (int collections, int moved) = await collecting;

        Assert.True(collections > 10 && moved > 5, $"{collections} collections, {moved} of them with messages pending or settled since the one before");
        IReadOnlyDictionary<string, double> last = meter.Collect();
        Assert.Equal(outcomes.Count, last["rabbitmq.client.publish.submitted"]);
        Assert.Equal(outcomes.Count(static error => error is null), last["rabbitmq.client.publish.outcomes rabbitmq.client.outcome=confirmed"]);
        Assert.Equal(outcomes.Count, meter.Sum("messaging.client.sent.messages"));
        Assert.InRange(meter.Sum("messaging.client.operation.duration"), 1, outcomes.Count);
        await Bed.UntilAsync(() => meter.Sum("rabbitmq.client.reconnects") >= 1, "a reconnect: " + meter);
        await Bed.UntilAsync(() => meter.Sum("rabbitmq.client.lane.moves", "connection_lost") >= 1, "a lane's move: " + meter);
        Assert.True(last["rabbitmq.client.publish.replayed"] >= meter.Sum("rabbitmq.client.publish.marked_duplicates"));
    }

    [Fact]
    public async Task Each_outcome_is_counted_under_its_name()
    {
        string name = Name();
        using var meter = new MeterRecorder(name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient(options => options.ClientName = name);
        bed.Broker.OnPublish.Next(store: false, confirm: Confirm.Nack);

        PublishReceipt receipt = await Bed.PublishAsync(client, "a").WaitAsync(Bed.Patience);
        await Bed.FailsAsync(Bed.PublishAsync(client, "b", routingKey: "nowhere"));
        await Bed.FailsAsync(Bed.PublishAsync(client, "c", exchange: "missing"));
        await Bed.FailsAsync(client.Publisher.PublishAsync("", "q", new byte[32 * 1024 * 1024]).AsTask());

        Assert.Equal(1, receipt.Nacks);
        IReadOnlyDictionary<string, double> last = meter.Collect();
        Assert.Equal([1, 1, 1, 1, 0], Outcomes.Select(outcome => last["rabbitmq.client.publish.outcomes rabbitmq.client.outcome=" + outcome]));
        Assert.Equal(1, meter.Sum("rabbitmq.client.publish.nacked", "messaging.destination.name=amq.default"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.publish.returned", "messaging.destination.name=amq.default"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.publish.marked_duplicates"));
        Assert.Equal(1, meter.Sum("messaging.client.sent.messages", "error.type=Refused", "messaging.destination.name=missing"));
        Assert.Equal(1, meter.Sum("messaging.client.operation.duration", "error.type=Unroutable"));
        Assert.Equal(1, meter.Sum("messaging.client.sent.messages", "error.type=NotSent"));
        Assert.True(meter.Sum("rabbitmq.client.confirm.latency", $"server.port={bed.Port}") >= 1);
    }

    [Fact]
    public async Task Consuming_is_measured()
    {
        string name = Name();
        using var meter = new MeterRecorder(name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient(options => options.ClientName = name);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int handled = 0;
        await using ISubscription subscription = await client.SubscribeAsync(Bed.Queue, new LambdaHandler(async (_, _) =>
        {
            if (Interlocked.Increment(ref handled) == 1)
            {
                await gate.Task;
            }

            return Settlement.Ack;
        })).WaitAsync(Bed.Patience);
        await Bed.PublishAsync(client, "a");
        await Bed.UntilAsync(() => Volatile.Read(ref handled) == 1, "the handler");

        await bed.Broker.CloseAllConnectionsAsync();
        await Bed.UntilAsync(() => subscription.Status.Resubscribes == 1, "the subscription is back");
        gate.SetResult();
        await Bed.UntilAsync(() => Volatile.Read(ref handled) == 2 && subscription.Status.Acknowledged == 1, "the redelivery");

        Assert.Equal(2, meter.Sum("messaging.client.consumed.messages", "messaging.destination.name=q"));
        Assert.Equal(2, meter.Sum("messaging.process.duration"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.deliveries.redelivered"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.consumer.stale_acks", "messaging.destination.name=q"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.resubscribes", "rabbitmq.client.reason=SessionLost"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.reconnects", "rabbitmq.client.connection.role=consume", "rabbitmq.client.reason=ClosedByBroker"));
        Assert.Equal(1, meter.Collect()["rabbitmq.client.consumers messaging.destination.name=q rabbitmq.client.state=Consuming"]);
    }

    [Fact]
    public async Task Blocked_time_pending_and_the_oldest_age_grow_while_the_broker_blocks()
    {
        string name = Name();
        using var meter = new MeterRecorder(name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient(options => options.ClientName = name);
        await Bed.PublishAsync(client, "a");
        await bed.Broker.BlockAsync("low on memory");
        Task<PublishReceipt> first = Bed.PublishAsync(client, "b");
        await Bed.UntilAsync(() => client.Status.BlockedReason is not null, "blocked");
        Task<PublishReceipt> second = Bed.PublishAsync(client, "c");

        await Bed.UntilAsync(() => meter.Collect()["rabbitmq.client.publish.oldest_age"] > 0.1, "an age");
        IReadOnlyDictionary<string, double> blocked = meter.Collect();
        await bed.Broker.UnblockAsync();
        await Bed.AllAsync([first, second]);
        IReadOnlyDictionary<string, double> after = meter.Collect();

        Assert.True(blocked["rabbitmq.client.connection.blocked.time"] > 0);
        Assert.InRange(blocked["rabbitmq.client.pending.messages"], 1, 2);
        Assert.True(blocked["rabbitmq.client.pending.bytes"] > 0);
        Assert.Equal(0, after["rabbitmq.client.pending.messages"]);
        Assert.Equal(0, after["rabbitmq.client.publish.oldest_age"]);
        Assert.Equal(0, after["rabbitmq.client.publish.in_flight"]);
        await Bed.UntilAsync(() => client.Status.BlockedReason is null, "unblocked");
        Assert.Equal(meter.Collect()["rabbitmq.client.connection.blocked.time"], meter.Collect()["rabbitmq.client.connection.blocked.time"]);
        Assert.Equal(1, after["rabbitmq.client.connection.state rabbitmq.client.connection.role=publish rabbitmq.client.state=Connected"]);
        Assert.Equal(0, after["rabbitmq.client.connection.state rabbitmq.client.connection.role=publish rabbitmq.client.state=Reconnecting"]);
    }

    private static string Name() => "metrics-" + Guid.NewGuid().ToString("N");

    private static async Task PublishAsync(RabbitClient client, int writer, ConcurrentBag<Exception?> outcomes, CancellationToken done)
    {
        for (int round = 0; !done.IsCancellationRequested; round++)
        {
            Task<PublishReceipt>[] run = Bed.Publish(client, 50, first: (writer * 100_000) + (round * 50), routingKey: round % 5 == 4 ? "nowhere" : "q");
            foreach (Task<PublishReceipt> one in run)
            {
                outcomes.Add(await Record.ExceptionAsync(() => one));
            }
        }
    }

    private static (int Collections, int Moved) CollectUntil(MeterRecorder meter, CancellationToken stop)
    {
        int collections = 0;
        int moved = 0;
        double before = 0;
        while (!stop.IsCancellationRequested)
        {
            IReadOnlyDictionary<string, double> values = meter.Collect();
            double submitted = values["rabbitmq.client.publish.submitted"];
            double pending = values["rabbitmq.client.pending.messages"];
            double sum = pending + Outcomes.Sum(outcome => values["rabbitmq.client.publish.outcomes rabbitmq.client.outcome=" + outcome]);
            Assert.Equal(submitted, sum);
            collections++;
            moved += submitted > before || pending > 0 ? 1 : 0;
            before = submitted;
        }

        return (collections, moved);
    }

    private static RabbitClient NewClient(TestCluster cluster, string name)
    {
        var options = new ResilientRabbitOptions
        {
            ClientName = name,
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
            ReconnectMaxDelay = TimeSpan.FromMilliseconds(200),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            ShutdownTimeout = TimeSpan.FromSeconds(2),
        };
        options.Publisher.DeliveryTimeout = Bed.Patience;
        foreach (TestBroker node in cluster.Nodes)
        {
            options.Endpoints.Add(node.Endpoint);
        }

        return new RabbitClient(options, TestLog.Create());
    }
}
