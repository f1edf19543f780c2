using System.Diagnostics;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Repeats faults and writes a page of figures; run by <c>./test.sh --soak</c> and never with the other tests. What the environment may ask for stands in <c>.ci/soak</c>.</summary>
[Collection(ClusterGroup.Name)]
public sealed class SoakTests(ClusterFixture fixture, VirtualIpFixture virtualIp) : IClassFixture<VirtualIpFixture>
{
    private readonly SoakRecorder _recorder = new(fixture.Cluster);

    [Fact(Explicit = true)]
    public async Task Faults_again_and_again_lose_nothing_and_their_gaps_are_written_down()
    {
        foreach (QueueKind kind in Enum.GetValues<QueueKind>())
        {
            await SocketFaultAsync("reset by the network", kind, ThroughProxiesAsync);
            await SocketFaultAsync("reset, only the steady messages in flight", kind, ThroughProxiesAsync, burst: 0);
            await SocketFaultAsync("closed by the broker (320)", kind, ClosedByBrokerAsync);
            await SocketFaultAsync("320, only the steady messages in flight", kind, ClosedByBrokerAsync, burst: 0);
        }

        foreach (QueueKind kind in Enum.GetValues<QueueKind>())
        {
            await NodeFaultAsync("leader killed", kind, static node => node.KillAsync(), static node => node.StartAsync());
            await NodeFaultAsync("leader's stop_app", kind, static node => node.StopAppAsync(), static node => node.StartAppAsync());
        }

        await ProxyFaultsAsync();
        await VirtualIpFaultAsync("VIP: HAProxy killed", static pair => pair.First.Proxy.KillAsync());
        await VirtualIpFaultAsync("VIP: master frozen", static pair => pair.First.Machine.FreezeAsync());
        await VirtualIpFaultAsync("VIP: link cut", static pair => pair.First.Machine.CutLinkAsync());
        await SilenceAsync("black hole, both ways", static door => door.Machine.LosePacketsAsync(toHost: true, fromHost: true));
        await SilenceAsync("half-open: nothing reaches the node", static door => door.Machine.LosePacketsAsync(toHost: true, fromHost: false));
        await SilenceAsync("half-open: nothing comes back", static door => door.Machine.LosePacketsAsync(toHost: false, fromHost: true));
        foreach (QueueKind kind in Enum.GetValues<QueueKind>())
        {
            await NodeFaultAsync("leader frozen", kind, static node => node.FreezeAsync(), static node => node.ThawAsync());
        }

        _recorder.AssertSafe();
    }

    private static void Moving(ResilientRabbitOptions options)
    {
        options.ConnectionMode = ConnectionMode.VirtualIp;
        options.Heartbeat = TimeSpan.FromSeconds(4);
    }

    /// <summary>Every socket between clients and cluster is reset by proxies in between, the prober's as well.</summary>
    private async Task ThroughProxiesAsync(FaultScenario plain, Func<FaultScenario, Func<FaultContext, Task>, Task> run)
    {
        await using ProxyRow row = await ProxyRow.StartAsync(fixture.Cluster);
        await using TcpProxy before = await TcpProxy.StartAsync(fixture.Cluster.Proxy!.Value);
        ClusterAddress[] nodes = [.. row.Proxies.Select(static proxy => proxy.Address)];
        var scenario = new FaultScenario(fixture.Cluster, plain.Kind, plain.Fault) { Burst = plain.Burst, Ways = [new Way("direct", nodes), new Way("HAProxy", [before.Address])], ProbeAt = nodes };
        await run(scenario, _ =>
        {
            row.Proxies.Append(before).ToList().ForEach(static proxy => proxy.ResetAll());
            return Task.CompletedTask;
        });
    }

    private Task ClosedByBrokerAsync(FaultScenario plain, Func<FaultScenario, Func<FaultContext, Task>, Task> run)
        => run(plain, context => Task.WhenAll(context.Cluster.Nodes.Select(static node => node.CloseAllConnectionsAsync("soak"))));

    /// <summary>One scenario, many strikes: nothing has to be repaired in between.</summary>
    private Task SocketFaultAsync(string fault, QueueKind kind, Func<FaultScenario, Func<FaultScenario, Func<FaultContext, Task>, Task>, Task> prepare, int burst = 150)
        => _recorder.RecordAsync(fault, kind, () => prepare(new FaultScenario(fixture.Cluster, kind, SoakRecorder.Slug(fault)) { Burst = burst }, async (scenario, deed) =>
        {
            await scenario.RunAsync(async context =>
            {
                for (int run = 0; run < SoakRecorder.SocketRuns; run++)
                {
                    await context.StrikeBareAsync(() => deed(context));
                    await Task.Delay(SoakRecorder.BetweenStrikes);
                    await context.StrikeAsync(() => deed(context));
                    _recorder.Table.Add(fault, kind, SoakSection.Sockets, await context.MeasureAsync());
                    await Task.Delay(SoakRecorder.BetweenStrikes);
                }
            });
            _recorder.Table.Add(fault, kind, scenario.Verdicts);
        }));

    private Task NodeFaultAsync(string fault, QueueKind kind, Func<IRabbitNode, Task> hurt, Func<IRabbitNode, Task> heal)
        => _recorder.RepeatAsync(fault, kind, async () =>
        {
            IRabbitNode? victim = null;

            // The broker itself throws away what a mirrored queue's frozen leader had confirmed: measured in the table, not asserted.
            var scenario = new FaultScenario(fixture.Cluster, kind, SoakRecorder.Slug(fault)) { LossIsOnlyMeasured = kind == QueueKind.Mirrored && fault.EndsWith("frozen", StringComparison.Ordinal) };
            ScenarioResult result = await scenario.RunAsync(
                async context =>
                {
                    victim = await context.LeaderAsync();
                    await context.StrikeAsync(() => hurt(victim));
                },
                _ => heal(victim!));
            _recorder.Table.Add(fault, kind, SoakSection.Nodes, result.Ways);
            _recorder.Table.Add(fault, kind, scenario.Verdicts);
        });

    private async Task ProxyFaultsAsync()
    {
        var faults = new ProxyFaults(fixture);
        const string restart = "HAProxy killed, back after 2 s";
        await _recorder.RepeatAsync(restart, QueueKind.Mirrored, async () =>
        {
            ScenarioResult result = await faults.RestartAsync(SoakRecorder.Slug(restart), found => _recorder.Table.Add(restart, QueueKind.Mirrored, found));
            AddNode(restart, QueueKind.Mirrored, result);
        });
        const string frozen = "node frozen, not the leader";
        await _recorder.RepeatAsync(frozen, QueueKind.Quorum, async () =>
        {
            ScenarioResult result = await faults.FreezeAsync(SoakRecorder.Slug(frozen), found => _recorder.Table.Add(frozen, QueueKind.Quorum, found));
            AddNode(frozen, QueueKind.Quorum, result);
        });
        const string dead = "nodes behind HAProxy dead";
        await _recorder.RepeatAsync(dead, QueueKind.Quorum, async () =>
        {
            (WayResult one, WayResult all) = await faults.KillAsync(SoakRecorder.Slug(dead), found => _recorder.Table.Add(dead, QueueKind.Quorum, found));
            _recorder.Table.Add(dead + ": one", QueueKind.Quorum, SoakSection.Nodes, [one]);
            _recorder.Table.Add(dead + ": all, then back", QueueKind.Quorum, SoakSection.Nodes, [all]);
        });
    }

    private void AddNode(string fault, QueueKind kind, ScenarioResult result, TimeSpan? addressMoved = null)
    {
        _recorder.Table.Add(fault, kind, SoakSection.Nodes, result.Ways, addressMoved);
        _recorder.Table.Add(fault, kind, SoakSection.Nodes, result.Idle, addressMoved);
    }

    private Task VirtualIpFaultAsync(string fault, Func<VirtualIpPair, Task> hurt)
        => _recorder.RepeatAsync(fault, QueueKind.Mirrored, async () =>
        {
            VirtualIpPair pair = await virtualIp.HealedAsync();
            ClusterAddress[] two = [.. fixture.Cluster.Nodes.Skip(1).Select(static node => node.Address)];
            var alone = new Way("VIP", [pair.Address], Moving);
            var scenario = new FaultScenario(fixture.Cluster, QueueKind.Mirrored, SoakRecorder.Slug(fault))
            {
                Ways = [alone, new Way("VIP and two nodes", [pair.Address, .. two], Moving)],
                IdleWays = [alone],
                ProbeAt = [pair.Address],
            };
            TimeSpan moved = default;
            ScenarioResult result = await scenario.RunAsync(
                context => context.StrikeAsync(async () =>
                {
                    long start = Stopwatch.GetTimestamp();
                    await hurt(pair);
                    moved = Stopwatch.GetElapsedTime(start, await pair.WaitUntilReachedAsync(pair.Second));
                }),
                _ => pair.HealAsync());
            AddNode(fault, QueueKind.Mirrored, result, moved);
            _recorder.Table.Add(fault, QueueKind.Mirrored, scenario.Verdicts);
        });

    /// <summary>One scenario, many strikes, each at an address that every client uses at that time.</summary>
    private Task SilenceAsync(string fault, Func<ProxyHost, Task> lose) => _recorder.RecordAsync(fault, QueueKind.Quorum, async () =>
    {
        await using DoorSet doors = await DoorSet.StartAsync(fixture);
        var way = new Way(ProxyFaults.Direct, doors.Addresses, SilentClients.Configure);
        var scenario = new FaultScenario(fixture.Cluster, QueueKind.Quorum, SoakRecorder.Slug(fault)) { Ways = [way], IdleWays = [way], ProbeAt = doors.Addresses };
        await scenario.RunAsync(
            async context =>
            {
                for (int run = 0; run < SoakRecorder.SocketRuns; run++)
                {
                    ProxyHost door = doors.UsedByAll(context.Statuses);
                    await context.StrikeAsync(() => lose(door));
                    _recorder.Table.Add(fault, QueueKind.Quorum, SoakSection.Silence, await context.MeasureAsync());
                    _recorder.Table.Add(fault, QueueKind.Quorum, SoakSection.Silence, await context.MeasureIdleAsync(door.Address));
                    await doors.HealAsync();
                    await Task.Delay(SoakRecorder.BetweenStrikes);
                }
            },
            _ => doors.HealAsync());
        _recorder.Table.Add(fault, QueueKind.Quorum, scenario.Verdicts);
    });
}
