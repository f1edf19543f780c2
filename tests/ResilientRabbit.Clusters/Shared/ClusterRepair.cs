using System.Diagnostics;

namespace ResilientRabbit.Clusters;

/// <summary>
/// Brings a cluster back in rising steps: wake and start what is down, let it heal, restart what did not, and at last give a node
/// that still does not fit new data and let it join again. Each step ends with waiting for a healthy cluster.
/// </summary>
internal sealed class ClusterRepair(ClusterBase cluster, IReadOnlyList<NodeBase> nodes)
{
    private static readonly TimeSpan HealTime = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    public async Task RunAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        var start = Stopwatch.GetTimestamp();
        string? fault = null;
        try
        {
            Func<CancellationToken, Task>[] steps = [WakeAsync, RestartMisfitsAsync, RejoinMisfitsAsync, RebuildAsync];
            foreach (var step in steps)
            {
                fault = await TryStepAsync(step, deadline.Token);
                if (fault is null)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline: reported below.
        }

        throw new TimeoutException($"The cluster ({cluster.Description}) could not be repaired in {Stopwatch.GetElapsedTime(start)}: {fault}");
    }

    private async Task<string?> TryStepAsync(Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return exception.Message;
        }

        return await Waiting.TryUntilAsync(() => cluster.FindFaultAsync(cancellationToken), HealTime, PollInterval, cancellationToken);
    }

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        var woken = nodes.Any(node => node.IsFrozen);
        foreach (var node in nodes.Where(node => node.IsFrozen))
        {
            await node.ThawAsync(cancellationToken);
        }

        // In parallel: a node that was not the last to go down waits for the others.
        await Task.WhenAll(nodes.Where(node => !node.IsRunning).Select(node => node.StartAsync(cancellationToken)));

        // A node that was frozen long enough pauses and restarts its application by itself: it is not started meanwhile.
        if (woken && await Waiting.TryUntilAsync(() => cluster.FindFaultAsync(cancellationToken), HealTime, PollInterval, cancellationToken) is { } fault)
        {
            throw new TimeoutException(fault);
        }

        foreach (var node in nodes)
        {
            if (!(await node.ReportAsync(cancellationToken)).IsBooted)
            {
                await node.StartAppAsync(cancellationToken);
            }

            await node.ClearMemoryAlarmAsync(cancellationToken);
        }
    }

    private async Task RestartMisfitsAsync(CancellationToken cancellationToken)
    {
        var misfits = await FindMisfitsAsync(cancellationToken);
        await Task.WhenAll(misfits.Select(node => node.KillAsync(cancellationToken)));
        await Task.WhenAll(misfits.Select(node => node.StartAsync(cancellationToken)));
        await ClearAlarmsAsync(cancellationToken);
    }

    private async Task RejoinMisfitsAsync(CancellationToken cancellationToken)
    {
        var misfits = await FindMisfitsAsync(cancellationToken);
        var keeper = nodes.FirstOrDefault(node => !misfits.Contains(node));
        if (keeper is null)
        {
            return;
        }

        foreach (var node in misfits)
        {
            await node.KillAsync(cancellationToken);
            cluster.WipeCount++;
            await node.WipeAsync(cancellationToken);
            if ((await keeper.ReportAsync(cancellationToken)).Members.Contains(node.Name))
            {
                await keeper.ForgetAsync(node, cancellationToken);
            }

            await node.JoinClusterAsync(keeper, cancellationToken);
        }
    }

    private async Task RebuildAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(nodes.Select(node => node.KillAsync(cancellationToken)));
        cluster.WipeCount++;
        await Task.WhenAll(nodes.Select(node => node.WipeAsync(cancellationToken)));
        await cluster.StartTogetherAsync(cancellationToken);
    }

    private async Task ClearAlarmsAsync(CancellationToken cancellationToken)
    {
        foreach (var node in nodes)
        {
            await node.ClearMemoryAlarmAsync(cancellationToken);
        }
    }

    /// <summary>
    /// The nodes outside the largest group that agrees on its members. With equal groups the first node's is kept;
    /// partitions that everyone sees make all but the first node misfits.
    /// </summary>
    private async Task<IReadOnlyList<NodeBase>> FindMisfitsAsync(CancellationToken cancellationToken)
    {
        var views = new List<(NodeBase Node, string Members, string Running)>();
        foreach (var node in nodes.Where(node => node.IsRunning))
        {
            try
            {
                var report = await node.ReportAsync(cancellationToken);
                if (report.IsBooted && report.Members.Contains(node.Name))
                {
                    views.Add((node, Join(report.Members), Join(report.Running)));
                }
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                // It does not answer: a misfit.
            }
        }

        var keepers = views.GroupBy(view => (view.Members, view.Running)).MaxBy(group => group.Count())?.Select(view => view.Node).ToList() ?? [];
        if (keepers.Count == nodes.Count)
        {
            keepers = [nodes[0]];
        }

        return nodes.Except(keepers).ToList();

        static string Join(IEnumerable<string> names) => string.Join(' ', names.Order(StringComparer.Ordinal));
    }
}
