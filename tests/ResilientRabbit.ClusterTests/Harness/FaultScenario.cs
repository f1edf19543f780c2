using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Runs workloads on one kind of queue, without other wishes one through the node list and one through HAProxy, hurts the cluster, heals it, and lets the
/// checker compare what the SDK said with what the broker holds.
/// </summary>
public sealed class FaultScenario(IRabbitCluster cluster, QueueKind kind, string fault)
{
    /// <summary>The gap that the bare prober and the SDK are compared over ends here at the latest.</summary>
    public static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan NoiseFloor = TimeSpan.FromSeconds(2);

    private readonly List<long> _inFlight = [];
    private readonly List<Verdict> _verdicts = [];
    private long _faultAt;
    private TimeSpan? _prober;
    private IReadOnlyList<TimeSpan> _bare = [];

    /// <summary>Losing confirmed messages is measured and reported, not asserted: the broker itself throws them away.</summary>
    public bool LossIsOnlyMeasured { get; init; }

    /// <summary>
    /// One of the two queues may be down while the other is up: the exchange passes it by, and the broker confirms what the other has (<see cref="BrokerRuleTests"/>).
    /// Then a message is safe that either of them got.
    /// </summary>
    public bool MayPassByAQueue { get; init; }

    /// <summary>The goal for the ratio of our gap to the bare prober's; asserted at three times its value. Null: reported only.</summary>
    public double? RatioGoal { get; init; }

    public QueueKind Kind => kind;

    public string Fault => fault;

    /// <summary>The workloads' ways; null for the node list and HAProxy.</summary>
    public IReadOnlyList<Way>? Ways { get; init; }

    /// <summary>The ways of clients that are connected and do nothing.</summary>
    public IReadOnlyList<Way> IdleWays { get; init; } = [];

    /// <summary>So many connections of each client that does nothing lie where the fault strikes.</summary>
    public int IdleLosses { get; init; } = 1;

    /// <summary>Where the bare prober tries; null for every node.</summary>
    public IReadOnlyList<ClusterAddress>? ProbeAt { get; init; }

    /// <summary>So many messages are submitted at once by each workload when a strike begins, besides the steady ones.</summary>
    public int Burst { get; init; } = 150;

    /// <summary>Where the clients log; null for where <see cref="TestLog"/> says.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>What the checker found of all workloads together; each is asserted to be safe before the run returns.</summary>
    public IReadOnlyList<Verdict> Verdicts => _verdicts;

    public async Task<ScenarioResult> RunAsync(Func<FaultContext, Task> hurt, Func<FaultContext, Task>? heal = null)
    {
        Assert.SkipWhen(Kind == QueueKind.Mirrored && !cluster.Version.StartsWith("3.", StringComparison.Ordinal), $"RabbitMQ {cluster.Version} has no mirrored queues.");
        await cluster.RepairAsync();
        string name = string.Create(CultureInfo.InvariantCulture, $"{fault}-{kind}-{Guid.NewGuid().ToString("N")[..6]}").ToLowerInvariant();
        using ILoggerFactory? loggers = Loggers ?? TestLog.Create();
        var queues = new ScenarioQueues(name, kind);
        IReadOnlyList<Way> ways = Ways ?? [new Way("direct", [.. cluster.Nodes.Select(static node => node.Address)]), new Way("HAProxy", [cluster.Proxy!.Value])];
        Workload[] workloads = [.. ways.Select((way, index) => new Workload(string.Create(CultureInfo.InvariantCulture, $"{name}-{index}"), way, cluster, queues, loggers))];
        List<IdleClient> idle = [];
        try
        {
            // The queues' leaders live where they were declared: through the last way, so that with a proxy there the leader's node often carries a publish connection of the direct client.
            using var startLimit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            foreach (Workload workload in Enumerable.Reverse(workloads))
            {
                await workload.StartAsync(startLimit.Token);
            }

            foreach (Way way in IdleWays)
            {
                idle.Add(await IdleClient.StartAsync(string.Create(CultureInfo.InvariantCulture, $"{name}-idle-{idle.Count}"), cluster, way, IdleLosses, loggers, startLimit.Token));
            }

            return await RunAsync(workloads, idle, queues, hurt, heal);
        }
        finally
        {
            foreach (IAsyncDisposable client in workloads.Concat<IAsyncDisposable>(idle))
            {
                await client.DisposeAsync();
            }
        }
    }

    /// <summary>The fault strikes now.</summary>
    public void Struck(long at, IReadOnlyList<long> inFlight)
    {
        _faultAt = at;
        _inFlight.Clear();
        _inFlight.AddRange(inFlight);
    }

    /// <summary>The bare prober had its first confirm, or never.</summary>
    public void Probed(TimeSpan? after) => _prober = after;

    /// <summary>What it cost bare clients, one for each workload, to send as much again.</summary>
    public void SentAgain(IReadOnlyList<TimeSpan> times) => _bare = times;

    /// <summary>What the last strike has cost each workload so far.</summary>
    public IReadOnlyList<WayResult> Measure(IEnumerable<Workload> workloads) =>
    [
        .. workloads.Select((workload, index) => new WayResult(
            workload.Label, workload.TimeToFirstConfirmAfter(_faultAt), workload.TimeUntilAllKeysConfirmAfter(_faultAt), _prober,
            workload.Client.Status.Connections.Sum(static connection => connection.Losses), index < _bare.Count ? _bare[index] : null)),
    ];

    private async Task<ScenarioResult> RunAsync(Workload[] workloads, List<IdleClient> idle, ScenarioQueues queues, Func<FaultContext, Task> hurt, Func<FaultContext, Task>? heal)
    {
        var context = new FaultContext(this, cluster, queues, workloads, idle);
        await context.SynchronisedAsync();
        foreach (Workload workload in workloads)
        {
            await WaitForConfirmsAsync(workload, 200);
        }

        await hurt(context);
        await WaitForRecoveryAsync(workloads, idle);
        IdleResult[] idleResults = [.. idle.Select(client => client.Result(_faultAt))];
        List<string> left = [];
        if (heal is not null)
        {
            // What the survivors can serve must be served before the victim is back: a lane that nacks until then would be saved by the healing.
            left.AddRange(workloads.Where(workload => workload.TimeUntilAllKeysConfirmAfter(_faultAt) is null).Select(static workload => $"{workload.Name}: {workload.Client.Status}"));
            await heal(context);
        }

        int wipes = cluster.WipeCount;
        await cluster.RepairAsync();
        Assert.True(wipes == cluster.WipeCount, "The run is invalid: the repair had to wipe a node, and the queues' contents prove nothing.");
        foreach (IdleResult result in idleResults)
        {
            FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"{fault} | {kind} | {result.Label}, idle | {result.Losses} connections lost, all back {FaultReport.Milliseconds(result.Back)}"));
        }

        IReadOnlyList<WayResult> results = await ConcludeAsync(workloads, queues, left);
        foreach (IdleClient client in idle)
        {
            await client.ProveAsync();
        }

        return new ScenarioResult(results, idleResults);
    }

    private static async Task WaitForConfirmsAsync(Workload workload, int count)
    {
        long start = Stopwatch.GetTimestamp();
        while (workload.Client.Status.Publishing.Confirmed < count)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"{workload.Name}: {workload.Client.Status}");
            await Task.Delay(20);
        }
    }

    private async Task WaitForRecoveryAsync(Workload[] workloads, List<IdleClient> idle)
    {
        while ((workloads.Any(workload => workload.TimeUntilAllKeysConfirmAfter(_faultAt) is null) || idle.Exists(client => !client.IsBackAfter(_faultAt)))
            && Stopwatch.GetElapsedTime(_faultAt) < RecoveryLimit)
        {
            await Task.Delay(50);
        }
    }

    private async Task<IReadOnlyList<WayResult>> ConcludeAsync(Workload[] workloads, ScenarioQueues queues, List<string> leftBehind)
    {
        foreach (Workload workload in workloads)
        {
            await WaitForConfirmsAsync(workload, 500);
            await workload.FinishAsync(TimeSpan.FromSeconds(130));
        }

        int unhandled = 0;
        foreach (Workload workload in workloads)
        {
            IReadOnlyList<SentMessage> missing = await workload.FindUnhandledAsync(TimeSpan.FromSeconds(unhandled == 0 ? 40 : 10));
            unhandled += missing.Count;
            await TellUnhandledAsync(workload, missing, queues.WorkQueue);
        }

        // Counted by the queue's leader itself: when something is missing it says whether the broker or the drain has lost it.
        long held = await cluster.GetMessageCountAsync(queues.TruthQueue);
        IReadOnlyList<DrainedMessage> drained = await cluster.DrainAsync(queues.TruthQueue);
        List<FoundMessage> found = [.. drained.Where(static message => !Prober.IsProbe(message.MessageId)).Select(TestBody.Read)];
        int strangers = found.Count(message => !workloads.Any(workload => message.Id.StartsWith(workload.Name + "-", StringComparison.Ordinal)));
        List<Action> gates = [() => Assert.Equal(0, strangers), () => Assert.True(drained.Count >= held, $"The queue held {held} messages and {drained.Count} were drained: what the checker says of this run proves nothing."), () => Assert.True(leftBehind.Count == 0, $"Keys without a confirm until the healing: {string.Join("; ", leftBehind)}")];
        IReadOnlyList<WayResult> results = Measure(workloads);
        for (int index = 0; index < workloads.Length; index++)
        {
            Workload workload = workloads[index];
            Verdict verdict = workload.Check(found);
            _verdicts.Add(verdict);
            WayResult result = results[index];
            FaultReport.Write(
                $"{fault} | {kind} | {workload.Label} | in flight {_inFlight.ElementAtOrDefault(index)} | first confirm {FaultReport.Milliseconds(result.FirstConfirm)}, every key {FaultReport.Milliseconds(result.EveryKey)}, prober {FaultReport.Milliseconds(_prober)}, "
                + string.Create(CultureInfo.InvariantCulture, $"ratio {result.Ratio:0.00} | {verdict} | handled {workload.HandledCopies} copies, unhandled {unhandled} | {result.Losses} connections lost"));
            await TellLostAsync(workload, found, queues);
            long inFlight = _inFlight.ElementAtOrDefault(index);
            int lost = MayPassByAQueue ? workload.CountLostEverywhere(found) : verdict.Lost;
            gates.Add(() => AssertSafe(workload, verdict, lost, MayPassByAQueue ? 0 : unhandled, inFlight, result.FirstConfirm, result.Ratio));
        }

        foreach (string queue in queues.All)
        {
            await cluster.DeleteQueueAsync(queue);
        }

        Assert.Multiple([.. gates]);
        return results;
    }

    /// <summary>When the consumer's queue has not what was confirmed: where it is, and when that was.</summary>
    private async Task TellUnhandledAsync(Workload workload, IReadOnlyList<SentMessage> missing, string queue)
    {
        if (missing.Count == 0)
        {
            return;
        }

        await TellAsync(workload, missing, "not handled", queue);
    }

    /// <summary>When the queue that is drained had not what was confirmed: what is known of each message, and whether it comes after all.</summary>
    private async Task TellLostAsync(Workload workload, IEnumerable<FoundMessage> found, ScenarioQueues queues)
    {
        HashSet<string> ids = [.. found.Select(static message => message.Id)];
        SentMessage[] lost = [.. workload.Sent.Where(message => message.Outcome == SentOutcome.Confirmed && !ids.Contains(message.Id))];
        if (lost.Length > 0)
        {
            await TellAsync(workload, lost, "lost", queues.TruthQueue);
            FaultReport.Write($"{fault} | {kind} | handled copies of the lost: {string.Join(' ', lost.Select(message => queues.Handled.GetValueOrDefault(message.Id)))}");
            IReadOnlyList<DrainedMessage> late = await cluster.DrainAsync(queues.TruthQueue);
            FaultReport.Write($"{fault} | {kind} | a second drain found {string.Join(' ', late.Select(static message => message.MessageId))}");
        }
    }

    private async Task TellAsync(Workload workload, IEnumerable<SentMessage> messages, string what, string queue)
    {
        foreach (SentMessage message in messages.Take(20))
        {
            FaultReport.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{fault} | {kind} | {workload.Label} | {what}: {message.Id}, submitted {After(message.Submitted)} ms and confirmed {After(message.Ended)} ms after the fault, {message.Attempts} attempts, {message.Nacks} nacks"));
        }

        string queues = await cluster.Nodes[0].RunCtlAsync("list_queues", "--quiet", "name", "pid", "messages_ready", "messages_unacknowledged", "consumers");
        FaultReport.Write($"{fault} | {kind} | {queues.Split('\n').FirstOrDefault(line => line.StartsWith(queue + "\t", StringComparison.Ordinal))}");
        long After(long timestamp) => (long)Stopwatch.GetElapsedTime(_faultAt, timestamp).TotalMilliseconds;
    }

    private void AssertSafe(Workload workload, Verdict verdict, int lost, int unhandled, long inFlight, TimeSpan? gap, double? ratio)
    {
        Assert.True(verdict.IsSafeApartFromLoss, $"{workload.Name}: {verdict}");
        Assert.True(lost == 0 || LossIsOnlyMeasured, $"{workload.Name}: {lost} lost, {verdict}");
        Assert.True(LossIsOnlyMeasured || unhandled == 0, $"{workload.Name}: {unhandled} confirmed messages were never handled.");
        Assert.True(verdict.Attempted >= 500, $"{workload.Name}: only {verdict.Attempted} messages.");
        Assert.True(inFlight >= Math.Min(20, Burst), $"{workload.Name}: only {inFlight} messages were in flight at the fault.");
        Assert.NotNull(gap);
        if (RatioGoal is { } goal && ratio is { } measured)
        {
            // Below the floor the ratio is the noise of a busy machine and of the burst that is sent again first, not the time of a failover.
            Assert.True(measured <= 3 * goal || gap < NoiseFloor, $"{workload.Name}: ratio {measured:0.00}, gap {gap}");
        }
    }
}
