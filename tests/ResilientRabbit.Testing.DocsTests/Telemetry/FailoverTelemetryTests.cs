using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Telemetry;

/// <summary>OpenTelemetry's own SDK collects from a failover: every instrument moves as the scenario demands, and the sum rule holds in every collection.</summary>
[Collection(Alone)]
public sealed class FailoverTelemetryTests(ITestOutputHelper output)
{
    /// <summary>Another test's container that ends would end the series of its meter, and OpenTelemetry takes meters of one name for one.</summary>
    public const string Alone = "alone";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ActivitySource Shop = new("ResilientRabbit.Testing.DocsTests.Shop");

    [Fact]
    public async Task Every_instrument_moves_and_every_collection_adds_up()
    {
        var exporter = new CollectingExporter();
        var spans = new ConcurrentQueue<Activity>();
        using MeterProvider metrics = Sdk.CreateMeterProviderBuilder().AddMeter(ResilientRabbitTelemetry.Name).AddReader(new BaseExportingMetricReader(exporter)).Build();
        using TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddSource(ResilientRabbitTelemetry.Name, Shop.Name).AddProcessor(new SimpleActivityExportProcessor(new SpanExporter(spans))).Build();
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await using RabbitClient client = Connect(cluster);
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue("orders").Build());
        var handler = new HoldingHandler();
        await using ISubscription subscription = await client.SubscribeAsync("orders", handler, new ConsumerOptions { Prefetch = 10 });
        using var stop = new CancellationTokenSource();
        Task collecting = Task.Run(() => Collect(metrics, stop.Token));
        metrics.ForceFlush();

        // Load, one message that is nacked, one that nobody takes.
        cluster.Nodes.ToList().ForEach(static node => node.OnPublish.Next(store: false, confirm: Confirm.Nack));
        await PublishAsync(client, 200);
        await Assert.ThrowsAsync<PublishException>(() => client.Publisher.PublishAsync("", "nowhere", Body()).AsTask());

        // In flight: the confirms are held. Blocked: for a while.
        FaultHandle[] held = [.. cluster.Nodes.Select(static node => node.Faults.FromBroker(AmqpMethod.BasicAck).Times(100_000).Hold())];
        Task<PublishReceipt[]> waiting = PublishAsync(client, 10);
        await SeesAsync(metrics, exporter, "rabbitmq.client.publish.in_flight", static value => value > 0);
        Array.ForEach(held, static fault => fault.Cancel());
        await waiting.WaitAsync(Patience);
        await Task.WhenAll(cluster.Nodes.Select(static node => node.BlockAsync()));
        waiting = PublishAsync(client, 10);
        await SeesAsync(metrics, exporter, "rabbitmq.client.connection.blocked.time", static value => value > 0);
        await Task.WhenAll(cluster.Nodes.Select(static node => node.UnblockAsync()));
        await waiting.WaitAsync(Patience);

        // A handler is busy while its node dies, and with it a connection for publishing: its confirms are on their way.
        await handler.HoldAsync(client);
        await LoseAsync(cluster, client, ":consume");
        handler.Release();
        held = [.. cluster.Nodes.Select(static node => node.Faults.FromBroker(AmqpMethod.BasicAck).Times(100_000).Hold())];
        Task<string> traced = PublishTracedAsync(client);
        Assert.Null(Activity.Current);
        waiting = PublishAsync(client, 100);
        await SeesAsync(metrics, exporter, "rabbitmq.client.publish.in_flight", static value => value > 0);

        // Both, one after the other: after the loss before, a connection may be open again and all lanes still be on the other one.
        await LoseAsync(cluster, client, ":publish-1");
        await LoseAsync(cluster, client, ":publish-2");
        Array.ForEach(held, static fault => fault.Cancel());
        await waiting.WaitAsync(Patience);
        string id = await traced.WaitAsync(Patience);
        await SeesAsync(metrics, exporter, "rabbitmq.client.publish.marked_duplicates", static value => value > 0);
        await SeesAsync(metrics, exporter, "rabbitmq.client.consumer.stale_acks", static value => value > 0);
        await SeesAsync(metrics, exporter, "rabbitmq.client.resubscribes", static value => value > 0);
        await SeesAsync(metrics, exporter, "rabbitmq.client.deliveries.redelivered", static value => value > 0);
        PublishCounts counts = await client.Publisher.FlushAsync();
        await SeesAsync(metrics, exporter, "messaging.client.consumed.messages", value => value >= counts.Confirmed);
        await stop.CancelAsync();
        await collecting;

        Verify(exporter.Collections);
        VerifyTrace(spans, id);
    }

    private void Verify(IReadOnlyList<IReadOnlyDictionary<string, double>> collections)
    {
        string[] names = [.. collections[^1].Keys.Where(static name => !name.Contains(' ', StringComparison.Ordinal))];
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            double[] values = [.. collections.Select(values => values.GetValueOrDefault(name))];
            output.WriteLine($"{name}: {values.Distinct().Count()} values, up to {values.Max()}, last {values[^1]}");
        }

        output.WriteLine($"{collections.Count} collections");
        Assert.Equal(24, names.Length);
        Assert.All(names, name => Assert.True(collections.Max(values => values.GetValueOrDefault(name)) > 0, name + " has not moved"));
        Assert.All(collections, static values => Assert.Equal(
            values["rabbitmq.client.publish.submitted"],
            values["rabbitmq.client.publish.outcomes"] + values["rabbitmq.client.pending.messages"]));
        IReadOnlyDictionary<string, double> last = collections[^1];
        Assert.Equal(0, last["rabbitmq.client.pending.messages"] + last["rabbitmq.client.publish.in_flight"] + last["rabbitmq.client.publish.oldest_age"]);
        Assert.Equal(1, last["rabbitmq.client.publish.outcomes rabbitmq.client.outcome=Unroutable"]);
    }

    private void VerifyTrace(ConcurrentQueue<Activity> spans, string id)
    {
        Activity publish = spans.First(span => span.Kind == ActivityKind.Producer && id.Equals(span.GetTagItem("messaging.message.id") as string, StringComparison.Ordinal));
        Activity caller = Assert.Single(spans, span => span.SpanId == publish.ParentSpanId);
        Assert.Equal("checkout", caller.OperationName);
        Assert.Contains(publish.Events, static step => step.Name is "retry");
        Activity process = spans.First(span => span.Kind == ActivityKind.Consumer && span.Links.Any(link => link.Context.SpanId == publish.SpanId));
        output.WriteLine($"{caller.OperationName} {caller.SpanId} -> {publish.OperationName} {publish.SpanId} ({string.Join(", ", publish.Events.Select(static step => $"{step.Name} {string.Join(' ', step.Tags.Select(static tag => tag.Value))}"))}, attempts {publish.GetTagItem("rabbitmq.client.publish.attempts")}) -> {process.OperationName} {process.SpanId}");
    }

    private static async Task<string> PublishTracedAsync(RabbitClient client)
    {
        using Activity? caller = Shop.StartActivity("checkout");

        // Over all lanes: those on the connection that is lost are sent again.
        PublishReceipt[] receipts = await Task.WhenAll(Enumerable.Range(0, 32).Select(key =>
            client.Publisher.PublishAsync(new OutboundMessage { Exchange = "", RoutingKey = "orders", Body = Body(), OrderingKey = $"key-{key}" }).AsTask()));
        return receipts.First(static receipt => receipt.Attempts > 1).MessageId;
    }

    private static async Task LoseAsync(TestCluster cluster, RabbitClient client, string role)
    {
        int before = client.Status.Connections.Sum(static connection => connection.Losses);
        TestBroker node = cluster.Nodes.First(node => node.Connections().Any(connection => connection.ClientProvidedName?.Contains(role, StringComparison.Ordinal) == true));
        await node.KillAsync();
        await UntilAsync(() => client.Status.Connections.Sum(static connection => connection.Losses) > before && client.Status.State == ConnectionState.Connected);
        await node.RestartAsync();
    }

    private static void Collect(MeterProvider metrics, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            metrics.ForceFlush();
            Thread.Sleep(5);
        }
    }

    private static async Task SeesAsync(MeterProvider metrics, CollectingExporter exporter, string name, Func<double, bool> condition)
    {
        try
        {
            await UntilAsync(() => metrics.ForceFlush() && condition(exporter.Collections[^1].GetValueOrDefault(name)));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{name} did not become what it must:\n{string.Join('\n', exporter.Collections[^1])}");
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static Task<PublishReceipt[]> PublishAsync(RabbitClient client, int count) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => client.Publisher.PublishAsync("", "orders", Body()).AsTask()));

    private static byte[] Body() => "an order"u8.ToArray();

    private static RabbitClient Connect(TestCluster cluster)
    {
        var options = new ResilientRabbitOptions { ReconnectDelay = TimeSpan.FromMilliseconds(10), ReconnectMaxDelay = TimeSpan.FromMilliseconds(200), ConnectTimeout = TimeSpan.FromSeconds(2) };
        options.Publisher.DeliveryTimeout = Patience;
        cluster.Endpoints.ToList().ForEach(options.Endpoints.Add);
        return new RabbitClient(options);
    }

    private sealed class HoldingHandler : IMessageHandler
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _holds;

        public async ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            if (_holds)
            {
                _held.TrySetResult();
                await _released.Task;
            }

            return Settlement.Ack;
        }

        public async Task HoldAsync(RabbitClient client)
        {
            _holds = true;
            await client.Publisher.PublishAsync("", "orders", Body());
            await _held.Task.WaitAsync(Patience);
        }

        public void Release()
        {
            _holds = false;
            _released.TrySetResult();
        }
    }

    private sealed class SpanExporter(ConcurrentQueue<Activity> spans) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (Activity span in batch)
            {
                spans.Enqueue(span);
            }

            return ExportResult.Success;
        }
    }
}
