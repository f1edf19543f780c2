using System.Diagnostics;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What a fault of a <see cref="FaultScenario"/> may use.</summary>
public sealed class FaultContext(FaultScenario scenario, IRabbitCluster cluster, ScenarioQueues queues, Workload[] workloads, IReadOnlyList<IdleClient> idle)
{
    private long _struckAt;

    public IRabbitCluster Cluster => cluster;

    public IReadOnlyList<Workload> Workloads => workloads;

    /// <summary>What all clients of the scenario say of themselves, those that do nothing as well.</summary>
    public IEnumerable<RabbitClientStatus> Statuses => workloads.Select(static workload => workload.Client.Status).Concat(idle.Select(static client => client.Status));

    /// <summary>When the last strike began, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long StruckAt => _struckAt;

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

    /// <summary>A node that does not lead the queue and, as the node itself says, has publish connections of every workload, through whatever proxy.</summary>
    public async Task<IRabbitNode> OtherServingAllAsync()
    {
        IRabbitNode leader = await LeaderAsync();
        List<string> seen = [];
        foreach (IRabbitNode node in cluster.Nodes.Where(node => node != leader))
        {
            IReadOnlyList<string> names = await ClientConnections.ListAsync(node);
            if (workloads.All(workload => names.Any(name => name.StartsWith(workload.Name + ":publish", StringComparison.Ordinal))))
            {
                return node;
            }

            seen.Add($"{node.Name}: {string.Join(' ', names)}");
        }

        Assert.Fail($"No node serves every workload. {string.Join("; ", seen)}");
        return leader;
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
        Prober prober = Prober.Start(cluster, scenario.ProbeAt ?? [.. cluster.Nodes.Select(static node => node.Address)], queues.TruthQueue);
        await using (prober)
        {
            await WaitForProbeAsync(prober, 0, TimeSpan.FromSeconds(20));
            long[] inFlight = [.. workloads.Select(workload => workload.Burst(scenario.Burst))];
            long faultAt = Stopwatch.GetTimestamp();
            _struckAt = faultAt;
            scenario.Struck(faultAt, inFlight);
            Task striking = deed();

            // The pumps wait for what they have sent before: without these, what is new would be submitted only when the old is confirmed. While a slower deed is under way they wait for its effect: they would be confirmed before it.
            Array.ForEach(workloads, workload => workload.SubmitForEachKey(atLoss: !striking.IsCompleted));

            await striking;
            scenario.Probed(await WaitForProbeAsync(prober, faultAt, FaultScenario.RecoveryLimit));
        }
    }

    /// <summary>
    /// The same deed with bare clients in the place of the burst: as many as there are workloads, each sends as much again. In a strike of its own, because the cluster's share of the work counts twice otherwise.
    /// </summary>
    public async Task StrikeBareAsync(Func<Task> deed)
    {
        IReadOnlyList<ClusterAddress> addresses = scenario.ProbeAt ?? [.. cluster.Nodes.Select(static node => node.Address)];
        await using Prober prober = Prober.Start(cluster, addresses, queues.TruthQueue);
        await WaitForProbeAsync(prober, 0, TimeSpan.FromSeconds(20));
        _struckAt = Stopwatch.GetTimestamp();
        Task striking = deed();
        TimeSpan[] times = await Task.WhenAll(workloads.Select(_ => BareClient.SendAgainAsync(cluster, addresses, queues.Exchange, scenario.Burst, _struckAt)));
        await striking;
        scenario.SentAgain(times);
        await AllServedAsync();
    }

    /// <summary>What the last strike cost each workload, once all are served again.</summary>
    public async Task<IReadOnlyList<WayResult>> MeasureAsync()
    {
        await AllServedAsync();
        return scenario.Measure(workloads);
    }

    /// <summary>What the last strike, at this address, cost each client that does nothing, once it has left the address altogether and has back what it lost.</summary>
    public async Task<IReadOnlyList<IdleResult>> MeasureIdleAsync(ClusterAddress left)
    {
        foreach (IdleClient client in idle)
        {
            await Until.TrueAsync(() => client.IsBackAfter(_struckAt) && !client.Status.Connections.Any(connection => string.Equals(connection.Endpoint, left.ToString(), StringComparison.Ordinal)), () => $"{client.Label}: {client.Status}");
        }

        return [.. idle.Select(client => client.Result(_struckAt))];
    }

    /// <summary>Waits until every ordering key of every workload has been confirmed again since the last strike.</summary>
    public async Task AllServedAsync()
    {
        foreach (Workload workload in workloads)
        {
            await Until.TrueAsync(() => workload.TimeUntilAllKeysConfirmAfter(_struckAt) is not null, () => $"{workload.Name}: {workload.Client.Status}");
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
