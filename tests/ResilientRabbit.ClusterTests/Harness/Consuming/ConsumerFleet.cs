using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Many subscriptions that go through one fault together: each with its own queue, all queues led by one node, fed steadily. In the end the broker says how
/// many consumers there are and what is left, and the plain prober when consuming was possible again.
/// </summary>
public sealed class ConsumerFleet : IAsyncDisposable
{
    public const int Prefetch = 20;

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(90);

    private readonly IRabbitCluster _cluster;
    private readonly IRabbitNode _leader;
    private readonly string _fault;
    private readonly string _name;
    private readonly ILoggerFactory? _loggers = TestLog.Create();
    private readonly List<RabbitClient> _clients = [];
    private readonly List<(FleetConsumer Consumer, FleetFeeder Feeder)> _members = [];
    private readonly List<(QueueKind Kind, ClusterAddress Address, string Queue)> _probeTargets = [];

    private ConsumerFleet(IRabbitCluster cluster, IRabbitNode leader, string fault)
    {
        _cluster = cluster;
        _leader = leader;
        _fault = fault;
        _name = string.Create(CultureInfo.InvariantCulture, $"{fault}-{Guid.NewGuid().ToString("N")[..6]}");
    }

    /// <summary>
    /// Confirmed messages of a mirrored queue that are in no queue any more and were never handled are reported, not asserted: where a frozen leader wakes up, the broker itself drops them.
    /// </summary>
    public bool MirroredLossIsOnlyMeasured { get; set; }

    /// <summary>The goal is two seconds after the prober; a busy machine may need some more.</summary>
    public TimeSpan Allowance { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Whether the consumers are counted until 30 seconds after the fault; otherwise only at the end.</summary>
    public bool IsCounted { get; set; } = true;

    /// <summary>Told of each consumer's longest silence and the prober's.</summary>
    public Action<FleetConsumer, TimeSpan, TimeSpan>? Measured { get; set; }

    public IEnumerable<FleetConsumer> Consumers => _members.Select(static member => member.Consumer);

    public static async Task<ConsumerFleet> CreateAsync(IRabbitCluster cluster, IRabbitNode leader, string fault)
    {
        await cluster.RepairAsync();
        var fleet = new ConsumerFleet(cluster, leader, fault);
        foreach (QueueKind kind in Enum.GetValues<QueueKind>())
        {
            foreach (ClusterAddress address in cluster.Nodes.Select(static node => node.Address))
            {
                string queue = string.Create(CultureInfo.InvariantCulture, $"probe-{fleet._name}-{kind}-{address.Port}");
                fleet._probeTargets.Add((kind, address, queue));
                await fleet.DeclareAsync(queue, kind);
            }
        }

        return fleet;
    }

    public RabbitClient NewClient(string name, IReadOnlyList<ClusterAddress> endpoints)
    {
        var options = new ResilientRabbitOptions
        {
            UserName = _cluster.UserName,
            Password = _cluster.Password,
            ClientName = $"{_name}-{name}",

            // A silent backend is noticed by the heartbeat alone; after a long outage the next attempt to connect decides. With the defaults both are 10 seconds.
            Heartbeat = TimeSpan.FromSeconds(4),
            ReconnectMaxDelay = TimeSpan.FromSeconds(1),
        };
        foreach (ClusterAddress endpoint in endpoints)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.Port}"));
        }

        var client = new RabbitClient(options, _loggers);
        _clients.Add(client);
        return client;
    }

    /// <summary>Declares a queue that the fleet's leader node leads, subscribes and starts feeding it.</summary>
    public async Task<FleetConsumer> AddAsync(RabbitClient client, QueueKind kind, string label, Action<ConsumerOptions>? configure = null)
    {
        string queue = string.Create(CultureInfo.InvariantCulture, $"{_name}-{kind}-{label}").ToLowerInvariant();
        await DeclareAsync(queue, kind);
        var options = new ConsumerOptions { Prefetch = Prefetch, Concurrency = 4 };
        configure?.Invoke(options);
        var consumer = new FleetConsumer(kind, label, queue, client);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await consumer.StartAsync(options, limit.Token);
        var feeder = new FleetFeeder(_cluster, queue);
        _members.Add((consumer, feeder));
        feeder.Start();
        return consumer;
    }

    /// <summary>The same subscriptions through the node list, through HAProxy, and straight to one node that will survive.</summary>
    public async Task AddAllWaysAsync(IRabbitNode survivor)
    {
        RabbitClient direct = NewClient("direct", [.. _cluster.Nodes.Select(static node => node.Address)]);
        RabbitClient proxied = NewClient("proxied", [_cluster.Proxy!.Value]);
        RabbitClient survivors = NewClient("survivor", [survivor.Address]);
        foreach ((RabbitClient client, string way) in ((RabbitClient, string)[])[(direct, "direct"), (proxied, "haproxy"), (survivors, "survivor")])
        {
            await AddAsync(client, QueueKind.Mirrored, way);
            await AddAsync(client, QueueKind.Mirrored, way + "-cancel", static options => options.CancelOnHaFailover = true);
            await AddAsync(client, QueueKind.Quorum, way);
        }
    }

    /// <summary>Hurts, waits until every consumer got a message that was published afterwards, heals, and checks everything.</summary>
    public async Task RunAsync(Func<Task> hurt, Func<Task>? heal = null)
    {
        foreach (FleetConsumer consumer in Consumers)
        {
            await _cluster.WaitUntilSynchronisedAsync(consumer.Queue);
            await UntilAsync(() => consumer.FinishedRuns >= 20, consumer);
        }

        long faultAt;
        long hurtAt;
        long until;
        long begun = Stopwatch.GetTimestamp();
        Dictionary<QueueKind, TimeSpan> probers;
        await using (ConsumeProber mirrored = NewProber(QueueKind.Mirrored), quorum = NewProber(QueueKind.Quorum))
        {
            await UntilAsync(() => mirrored.HasSucceeded && quorum.HasSucceeded, "prober");
            faultAt = Stopwatch.GetTimestamp();
            await hurt();
            hurtAt = Stopwatch.GetTimestamp();
            bool IsMissing(QueueKind kind, ConsumeProber prober) => Consumers.Any(consumer => consumer.Kind == kind) && prober.TimeToFirstDeliveryAfter(hurtAt) is null;
            while ((IsMissing(QueueKind.Mirrored, mirrored) || IsMissing(QueueKind.Quorum, quorum) || Consumers.Any(consumer => consumer.TimeToFirstFreshAfter(hurtAt) is null))
                && Stopwatch.GetElapsedTime(hurtAt) < RecoveryLimit)
            {
                await Task.Delay(50);
            }

            until = Stopwatch.GetTimestamp();
            probers = new() { [QueueKind.Mirrored] = mirrored.LongestSilence(faultAt, until), [QueueKind.Quorum] = quorum.LongestSilence(faultAt, until) };
        }

        var census = new ConsumerCensus(_cluster, [.. Consumers.Select(static consumer => consumer.Queue)]);
        string? wrong = IsCounted ? await census.FindFaultAsync(countSuspected: false, hurtAt) : null;
        string polled = string.Create(CultureInfo.InvariantCulture, $"{census.Polls} polls, {census.Relapses} relapses");
        if (heal is not null)
        {
            await heal();
        }

        TimeSpan recovered = Stopwatch.GetElapsedTime(begun);
        await _cluster.RepairAsync();
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"consume {_fault} | {_members.Count} subscriptions | fault, recovery and healing took {recovered.TotalSeconds:0.0} s, repair {(Stopwatch.GetElapsedTime(begun) - recovered).TotalSeconds:0.0} s | consumers counted until 30 s after the fault: {polled}"));
        wrong ??= await census.FindFaultAsync(countSuspected: true);
        await ConcludeAsync(consumer => consumer.LongestSilence(faultAt, until), probers, census.Most, wrong);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RabbitClient client in _clients)
        {
            await client.DisposeAsync();
        }

        _loggers?.Dispose();
    }

    private ConsumeProber NewProber(QueueKind kind)
        => new(_cluster, _probeTargets.Where(target => target.Kind == kind).Select(static target => (target.Address, target.Queue)));

    private async Task ConcludeAsync(Func<FleetConsumer, TimeSpan> silenceOf, Dictionary<QueueKind, TimeSpan> probers, int most, string? wrong)
    {
        await Task.WhenAll(_members.Select(static member => member.Feeder.StopAsync())).WaitAsync(TimeSpan.FromSeconds(130));
        List<Action> gates = [() => Assert.True(wrong is null, wrong)];
        foreach ((FleetConsumer consumer, FleetFeeder feeder) in _members)
        {
            int Unhandled() => feeder.Confirmed.Count(id => !consumer.HasHandled(id));
            long start = Stopwatch.GetTimestamp();
            while (Unhandled() > 0 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(50);
            }

            await consumer.StopAsync();
            int unhandled = Unhandled();
            long left = await CountLeftAsync(consumer.Queue);
            string leftovers = left == 0 ? "" : string.Join("; ", (await _cluster.DrainAsync(consumer.Queue)).Select(message =>
                $"{message.MessageId} redelivered {message.Redelivered}, delivery count {message.GetHeaderText("x-delivery-count")}, handled {consumer.HasHandled(message.MessageId!)}"));
            SubscriptionStatus status = consumer.Status;
            TimeSpan silence = silenceOf(consumer);
            TimeSpan prober = probers[consumer.Kind];
            FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
                $"consume {_fault} | {consumer.Label} | longest silence {FaultReport.Milliseconds(silence)}, prober {FaultReport.Milliseconds(prober)} | confirmed {feeder.Confirmed.Count}, unhandled {unhandled}, left {left} {leftovers} | runs {consumer.FinishedRuns} = acknowledged {status.Acknowledged} + stale {status.StaleAcks}, redelivered {consumer.RedeliveredRuns} | resubscribed {status.Resubscribes}, most consumers {most} | {status.LastError}"));
            Measured?.Invoke(consumer, silence, prober);
            bool mayBeLost = MirroredLossIsOnlyMeasured && consumer.Kind == QueueKind.Mirrored;
            gates.Add(() => AssertWell(consumer, status, mayBeLost ? 0 : unhandled, left));
            gates.Add(() => Assert.True(silence <= prober + Allowance, $"{consumer.Label}: silent for {silence}, the prober for {prober}."));
        }

        foreach (string queue in _probeTargets.Select(static target => target.Queue).Concat(Consumers.Select(static consumer => consumer.Queue)))
        {
            await _cluster.DeleteQueueAsync(queue);
        }

        Assert.Multiple([.. gates]);
    }

    /// <summary>What is in the queue once the last acknowledgements have arrived, and its process has settled after a partition.</summary>
    private async Task<long> CountLeftAsync(string queue)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                long left = await _cluster.GetMessageCountAsync(queue);
                if (left == 0 || Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20))
                {
                    return left;
                }
            }
            catch (InvalidOperationException) when (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
            {
                // The queue's process is being moved.
            }

            await Task.Delay(200);
        }
    }

    private static void AssertWell(FleetConsumer consumer, SubscriptionStatus status, int unhandled, long left)
    {
        Assert.True(unhandled == 0, $"{consumer.Label}: {unhandled} confirmed messages were never handled, {left} are left in the queue.");
        Assert.True(left == 0, $"{consumer.Label}: {left} messages are left, {status}");
        Assert.True(consumer.FinishedRuns == status.Acknowledged + status.StaleAcks, $"{consumer.Label}: {consumer.FinishedRuns} runs, {status}");
        Assert.Equal(0, status.Unsettled);

        // A promoted mirror delivers again without that the consumer is lost.
        int losses = status.Resubscribes + 1;
        Assert.True(consumer.RedeliveredRuns <= Prefetch * losses, $"{consumer.Label}: {consumer.RedeliveredRuns} redelivered in {losses} losses.");
    }

    private async Task DeclareAsync(string queue, QueueKind kind)
    {
        // The leader lives where the queue is declared.
        var factory = new ConnectionFactory { HostName = _leader.Address.Host, Port = _leader.Address.Port, UserName = _cluster.UserName, Password = _cluster.Password };
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        Dictionary<string, object?>? arguments = kind == QueueKind.Quorum ? new(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" } : null;
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments);
    }

    private static Task UntilAsync(Func<bool> condition, FleetConsumer consumer) => UntilAsync(condition, consumer.Label);

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"{what} did not get going.");
            await Task.Delay(20);
        }
    }
}
