using System.Globalization;
using System.Runtime.InteropServices;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>
/// Repeats faults and writes a page of figures; run by <c>./test.sh --soak</c> and never with the other tests. <c>RR_SOAK_OUTPUT</c> names the page,
/// <c>RR_SOAK_SOCKET_RUNS</c> (20) and <c>RR_SOAK_NODE_RUNS</c> (5) say how often, <c>RR_SOAK_FAULTS</c> which faults (all) and <c>RR_SOAK_QUEUES</c> on which queues (all).
/// <c>RR_SOAK_FINDINGS</c> is the file of what was found so far, to which this run adds.
/// </summary>
[Collection(ClusterGroup.Name)]
public sealed class SoakTests(ClusterFixture fixture, VirtualIpFixture virtualIp) : IClassFixture<VirtualIpFixture>
{
    private static readonly int SocketRuns = Number("RR_SOAK_SOCKET_RUNS", 20);
    private static readonly int NodeRuns = Number("RR_SOAK_NODE_RUNS", 5);

    private static readonly TimeSpan BetweenStrikes = TimeSpan.FromSeconds(6);

    private readonly List<string> _failures = [];
    private SoakTable _table = new("", Findings);

    private static string Findings => Environment.GetEnvironmentVariable("RR_SOAK_FINDINGS") is { Length: > 0 } path ? path : Path.Combine(AppContext.BaseDirectory, "soak-findings.jsonl");

    private static string Output => Environment.GetEnvironmentVariable("RR_SOAK_OUTPUT") is { Length: > 0 } path ? path : Path.Combine(AppContext.BaseDirectory, "failover.md");

    [Fact(Explicit = true)]
    public async Task Faults_again_and_again_lose_nothing_and_their_gaps_are_written_down()
    {
        _table = new SoakTable(string.Create(CultureInfo.InvariantCulture,
            $"Machine: {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; {fixture.Cluster.Description}, net_ticktime 5 s; clients, nodes and prober share it."), Findings);
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

        await VirtualIpFaultAsync("VIP: HAProxy killed", static pair => pair.First.Proxy.KillAsync());
        await VirtualIpFaultAsync("VIP: master frozen", static pair => pair.First.Machine.FreezeAsync());
        await VirtualIpFaultAsync("VIP: link cut", static pair => pair.First.Machine.CutLinkAsync());
        foreach (QueueKind kind in Enum.GetValues<QueueKind>())
        {
            await NodeFaultAsync("leader frozen", kind, static node => node.FreezeAsync(), static node => node.ThawAsync());
        }

        Assert.Empty(_failures);
    }

    private static void Moving(ResilientRabbitOptions options) => options.ConnectionMode = ConnectionMode.VirtualIp;

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private static bool IsWanted(string fault, QueueKind kind) => IsNamed("RR_SOAK_FAULTS", fault) && IsNamed("RR_SOAK_QUEUES", kind.ToString());

    private static bool IsNamed(string variable, string name)
        => Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } wanted || wanted.Split(',').Any(one => name.Contains(one.Trim(), StringComparison.OrdinalIgnoreCase));

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
        => !IsWanted(fault, kind) ? Task.CompletedTask : RecordAsync(fault, () => prepare(new FaultScenario(fixture.Cluster, kind, Slug(fault)) { Burst = burst }, async (scenario, deed) =>
        {
            await scenario.RunAsync(async context =>
            {
                for (int run = 0; run < SocketRuns; run++)
                {
                    await context.StrikeBareAsync(() => deed(context));
                    await Task.Delay(BetweenStrikes);
                    await context.StrikeAsync(() => deed(context));
                    _table.Add(fault, kind, isNodeFault: false, await context.MeasureAsync());

                    // Sessions that die before they are five seconds old make the client slow down, on purpose: these strikes are meant to be faults of their own.
                    await Task.Delay(BetweenStrikes);
                }
            });
            _table.Add(fault, kind, scenario.Verdicts);
        }));

    private async Task NodeFaultAsync(string fault, QueueKind kind, Func<IRabbitNode, Task> hurt, Func<IRabbitNode, Task> heal)
    {
        for (int run = 0; run < NodeRuns && IsWanted(fault, kind); run++)
        {
            await RecordAsync(fault, async () =>
            {
                IRabbitNode? victim = null;

                // The broker itself throws away what a mirrored queue's frozen leader had confirmed: measured in the table, not asserted.
                var scenario = new FaultScenario(fixture.Cluster, kind, Slug(fault)) { LossIsOnlyMeasured = kind == QueueKind.Mirrored && fault.EndsWith("frozen", StringComparison.Ordinal) };
                ScenarioResult result = await scenario.RunAsync(
                    async context =>
                    {
                        victim = await context.LeaderAsync();
                        await context.StrikeAsync(() => hurt(victim));
                    },
                    _ => heal(victim!));
                _table.Add(fault, kind, isNodeFault: true, result.Ways);
                _table.Add(fault, kind, scenario.Verdicts);
            });
        }
    }

    private async Task VirtualIpFaultAsync(string fault, Func<VirtualIpPair, Task> hurt)
    {
        for (int run = 0; run < NodeRuns && IsWanted(fault, QueueKind.Mirrored); run++)
        {
            await RecordAsync(fault, async () =>
            {
                VirtualIpPair pair = await virtualIp.HealedAsync();
                ClusterAddress[] two = [.. fixture.Cluster.Nodes.Skip(1).Select(static node => node.Address)];
                var scenario = new FaultScenario(fixture.Cluster, QueueKind.Mirrored, Slug(fault))
                {
                    Ways = [new Way("VIP", [pair.Address], Moving), new Way("VIP and two nodes", [pair.Address, .. two], Moving)],
                    ProbeAt = [pair.Address],
                };
                ScenarioResult result = await scenario.RunAsync(context => context.StrikeAsync(() => hurt(pair)), _ => pair.HealAsync());
                _table.Add(fault, QueueKind.Mirrored, isNodeFault: true, result.Ways);
                _table.Add(fault, QueueKind.Mirrored, scenario.Verdicts);
            });
        }
    }

    /// <summary>A run that was not safe is a failure in the end, and the others go on.</summary>
    private async Task RecordAsync(string fault, Func<Task> run)
    {
        try
        {
            await run();
            await File.WriteAllTextAsync(Output, _table.Render());
        }
        catch (Exception exception)
        {
            _failures.Add($"{fault}: {exception.Message}");
            FaultReport.Write($"soak {fault} | {exception.Message}");
        }
    }

    private static string Slug(string fault) => "soak-" + new string([.. fault.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')]);
}
