using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>
/// Where the time goes between the reset of every socket and the first confirm of something new: each step on the wire, of the clients' connections and of the bare prober's. By hand
/// only: <c>RR_TIMELINE_RUNS</c> (20) resets with a <c>RR_TIMELINE_QUEUE</c> (Quorum) and
/// <c>RR_TIMELINE_BURST</c> (150) messages more in flight.
/// </summary>
[Collection(ClusterGroup.Name)]
public sealed class FailoverTimelineTests(ClusterFixture fixture)
{
    private static readonly TimeSpan BetweenStrikes = TimeSpan.FromSeconds(6);

    private readonly FailoverSteps _steps = new();

    [Fact(Explicit = true)]
    public async Task The_steps_of_a_failover_are_timed_beside_those_of_the_bare_prober()
    {
        int runs = int.Parse(Environment.GetEnvironmentVariable("RR_TIMELINE_RUNS") ?? "20", CultureInfo.InvariantCulture);
        QueueKind kind = Enum.Parse<QueueKind>(Environment.GetEnvironmentVariable("RR_TIMELINE_QUEUE") ?? nameof(QueueKind.Quorum), ignoreCase: true);
        using var log = new StepLog();
        FrameProxy[] nodes = [.. fixture.Cluster.Nodes.Select(static node => FrameProxy.Start(node.Address.Host, node.Address.Port))];
        FrameProxy before = FrameProxy.Start(fixture.Cluster.Proxy!.Value.Host, fixture.Cluster.Proxy.Value.Port);
        ClusterAddress[] addresses = [.. nodes.Select(static proxy => new ClusterAddress(proxy.Host, proxy.Port))];
        var scenario = new FaultScenario(fixture.Cluster, kind, "timeline")
        {
            Ways = [new Way("direct", addresses), new Way("HAProxy", [new ClusterAddress(before.Host, before.Port)])],
            ProbeAt = addresses,
            Loggers = log,
            Burst = int.Parse(Environment.GetEnvironmentVariable("RR_TIMELINE_BURST") ?? "150", CultureInfo.InvariantCulture),
        };

        await scenario.RunAsync(async context =>
        {
            for (int run = 0; run < runs; run++)
            {
                DateTimeOffset faultAt = default;
                await context.StrikeAsync(() =>
                {
                    Array.ForEach(nodes, static proxy => proxy.Journal.Clear());
                    before.Journal.Clear();
                    log.Clear();
                    faultAt = TimeProvider.System.GetUtcNow() - Stopwatch.GetElapsedTime(context.StruckAt);
                    Array.ForEach(nodes, static proxy => proxy.ResetConnections());
                    before.ResetConnections();
                    return Task.CompletedTask;
                });
                IReadOnlyList<WayResult> results = await context.MeasureAsync();
                _steps.Add("prober", nodes, faultAt, static id => Prober.IsProbe(id), static _ => true);
                foreach (Workload workload in context.Workloads)
                {
                    HashSet<string> submitted = [.. workload.Sent.Where(message => message.Submitted > context.StruckAt).Select(static message => message.Id)];
                    _steps.Add(workload.Label, [.. nodes, before], faultAt, id => id.StartsWith(workload.Name + "-", StringComparison.Ordinal), submitted.Contains);
                    _steps.Add(workload.Label, log.Of(workload.Name, faultAt));
                    _steps.Add(workload.Label, "caller told", results.Single(result => string.Equals(result.Label, workload.Label, StringComparison.Ordinal)).FirstConfirm!.Value);
                }

                await Task.Delay(BetweenStrikes);
            }
        });
        foreach (string line in _steps.Render())
        {
            FaultReport.Write(line);
        }

        foreach (FrameProxy proxy in nodes.Append(before))
        {
            await proxy.DisposeAsync();
        }
    }
}
