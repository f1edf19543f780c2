using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Runs two workloads on one kind of queue, one through the node list and one through HAProxy, hurts the cluster, heals it, and lets the
/// checker compare what the SDK said with what the broker holds.
/// </summary>
public sealed class FaultScenario(IRabbitCluster cluster, QueueKind kind, string fault)
{
    private const int BurstSize = 150;

    /// <summary>The gap that the bare prober and the SDK are compared over ends here at the latest.</summary>
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan NoiseFloor = TimeSpan.FromSeconds(2);

    private readonly List<long> _inFlight = [];
    private long _faultAt;
    private TimeSpan? _prober;

    /// <summary>Losing confirmed messages is measured and reported, not asserted: the broker itself throws them away.</summary>
    public bool LossIsOnlyMeasured { get; init; }

    /// <summary>The goal for the ratio of our gap to the bare prober's; asserted at three times its value. Null: reported only.</summary>
    public double? RatioGoal { get; init; }

    public async Task RunAsync(Func<Context, Task> hurt, Func<Context, Task>? heal = null)
    {
        await cluster.RepairAsync();
        string name = string.Create(CultureInfo.InvariantCulture, $"{fault}-{kind}-{Guid.NewGuid().ToString("N")[..6]}").ToLowerInvariant();
        using ILoggerFactory? loggers = TestLog.Create();
        var queues = new ScenarioQueues(name, kind);
        await using var direct = new Workload(name + "-d", cluster, cluster.Nodes.Select(static node => node.Address), queues, loggers);
        await using var proxied = new Workload(name + "-p", cluster, [cluster.Proxy!.Value], queues, loggers);
        Workload[] workloads = [direct, proxied];
        using var startLimit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        // The queues' leaders live where they were declared: through the proxy, so that the leader's node often carries a publish connection of the direct client.
        await proxied.StartAsync(startLimit.Token);
        await direct.StartAsync(startLimit.Token);
        var context = new Context(this, cluster, queues, workloads);
        await context.SynchronisedAsync();
        foreach (Workload workload in workloads)
        {
            await WaitForConfirmsAsync(workload, 200);
        }

        await hurt(context);
        await WaitForRecoveryAsync(workloads);
        List<string> left = [];
        if (heal is not null)
        {
            // What the survivors can serve must be served before the victim is back: a lane that nacks until then would be saved by the healing.
            left.AddRange(workloads.Where(workload => workload.TimeUntilAllKeysConfirmAfter(_faultAt) is null).Select(static workload => $"{workload.Name}: {workload.Client.Status}"));
            await heal(context);
        }

        await cluster.RepairAsync();
        await ConcludeAsync(workloads, queues, left);
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

    private async Task WaitForRecoveryAsync(Workload[] workloads)
    {
        foreach (Workload workload in workloads)
        {
            while (workload.TimeUntilAllKeysConfirmAfter(_faultAt) is null && Stopwatch.GetElapsedTime(_faultAt) < RecoveryLimit)
            {
                await Task.Delay(50);
            }
        }
    }

    private async Task ConcludeAsync(Workload[] workloads, ScenarioQueues queues, List<string> leftBehind)
    {
        foreach (Workload workload in workloads)
        {
            await WaitForConfirmsAsync(workload, 500);
            await workload.FinishAsync(TimeSpan.FromSeconds(130));
        }

        int unhandled = await workloads[0].CountUnhandledAsync(TimeSpan.FromSeconds(40)) + await workloads[1].CountUnhandledAsync(TimeSpan.FromSeconds(10));
        IReadOnlyList<DrainedMessage> drained = await cluster.DrainAsync(queues.TruthQueue);
        List<FoundMessage> found = [.. drained.Where(static message => !Prober.IsProbe(message.MessageId)).Select(TestBody.Read)];
        int strangers = found.Count(message => !workloads.Any(workload => message.Id.StartsWith(workload.Name + "-", StringComparison.Ordinal)));
        List<Action> gates = [() => Assert.Equal(0, strangers), () => Assert.True(leftBehind.Count == 0, $"Keys without a confirm until the healing: {string.Join("; ", leftBehind)}")];
        for (int index = 0; index < workloads.Length; index++)
        {
            Workload workload = workloads[index];
            Verdict verdict = workload.Check(found);
            TimeSpan? gap = workload.TimeToFirstConfirmAfter(_faultAt);
            double? ratio = _prober is { } prober && gap is { } ours ? ours / prober : null;
            FaultReport.Write(
                $"{fault} | {kind} | {(index == 0 ? "direct" : "HAProxy")} | in flight {_inFlight.ElementAtOrDefault(index)} | first confirm {FaultReport.Milliseconds(gap)}, every key {FaultReport.Milliseconds(workload.TimeUntilAllKeysConfirmAfter(_faultAt))}, prober {FaultReport.Milliseconds(_prober)}, "
                + string.Create(CultureInfo.InvariantCulture, $"ratio {ratio:0.00} | {verdict} | handled {workload.HandledCopies} copies, unhandled {unhandled}"));
            long inFlight = _inFlight.ElementAtOrDefault(index);
            gates.Add(() => AssertSafe(workload, verdict, unhandled, inFlight, gap, ratio));
        }

        foreach (string queue in queues.All)
        {
            await cluster.DeleteQueueAsync(queue);
        }

        Assert.Multiple([.. gates]);
    }

    private void AssertSafe(Workload workload, Verdict verdict, int unhandled, long inFlight, TimeSpan? gap, double? ratio)
    {
        Assert.True(verdict.IsSafeApartFromLoss, $"{workload.Name}: {verdict}");
        Assert.True(verdict.Lost == 0 || LossIsOnlyMeasured, $"{workload.Name}: {verdict}");
        Assert.True(LossIsOnlyMeasured || unhandled == 0, $"{workload.Name}: {unhandled} confirmed messages were never handled.");
        Assert.True(verdict.Attempted >= 500, $"{workload.Name}: only {verdict.Attempted} messages.");
        Assert.True(inFlight >= 20, $"{workload.Name}: only {inFlight} messages were in flight at the fault.");
        Assert.NotNull(gap);
        if (RatioGoal is { } goal && ratio is { } measured)
        {
            // Below the floor the ratio is the noise of a busy machine and of the burst that is sent again first, not the time of a failover.
            Assert.True(measured <= 3 * goal || gap < NoiseFloor, $"{workload.Name}: ratio {measured:0.00}, gap {gap}");
        }
    }

    /// <summary>What a fault may use.</summary>
    public sealed class Context(FaultScenario scenario, IRabbitCluster cluster, ScenarioQueues queues, Workload[] workloads)
    {
        public IRabbitCluster Cluster => cluster;

        /// <summary>The node that leads the queue that is drained in the end.</summary>
        public Task<IRabbitNode> LeaderAsync() => cluster.GetQueueLeaderAsync(queues.TruthQueue);

        /// <summary>A node that does not lead the queue and has a publish connection of the direct workload.</summary>
        public async Task<IRabbitNode> OtherConnectedAsync()
        {
            IRabbitNode leader = await LeaderAsync();
            IRabbitNode[] others = [.. cluster.Nodes.Where(node => node != leader)];
            string[] connected = [.. workloads[0].Client.Status.Connections.Select(static connection => connection.Endpoint ?? string.Empty)];
            return others.FirstOrDefault(node => connected.Contains($"{node.Address.Host}:{node.Address.Port}")) ?? others[0];
        }

        /// <summary>Waits until the queues have all their copies again.</summary>
        public async Task SynchronisedAsync()
        {
            await cluster.WaitUntilSynchronisedAsync(queues.TruthQueue);
            await cluster.WaitUntilSynchronisedAsync(queues.WorkQueue);
        }

        /// <summary>Does the deed with messages in flight, while the bare prober measures how soon anybody could publish again.</summary>
        public async Task StrikeAsync(Func<Task> deed)
        {
            Prober prober = Prober.Start(cluster, [.. cluster.Nodes.Select(static node => node.Address)], queues.TruthQueue);
            await using (prober)
            {
                await WaitForProbeAsync(prober, 0, TimeSpan.FromSeconds(20));
                scenario._inFlight.Clear();
                scenario._inFlight.AddRange(workloads.Select(static workload => workload.Burst(BurstSize)));
                scenario._faultAt = Stopwatch.GetTimestamp();
                await deed();
                scenario._prober = await WaitForProbeAsync(prober, scenario._faultAt, RecoveryLimit);
            }
        }

        private static async Task<TimeSpan?> WaitForProbeAsync(Prober prober, long after, TimeSpan limit)
        {
            long start = Stopwatch.GetTimestamp();
            while (true)
            {
                TimeSpan? time = after == 0 ? (prober.Probes.Count > 0 ? TimeSpan.Zero : null) : prober.TimeToFirstConfirmAfter(after);
                if (time is not null || Stopwatch.GetElapsedTime(start) > limit)
                {
                    return time;
                }

                await Task.Delay(20);
            }
        }
    }
}
