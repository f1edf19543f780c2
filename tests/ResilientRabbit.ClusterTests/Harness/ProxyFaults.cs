using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What happens to HAProxy and behind it, with the settings that operators write.</summary>
public sealed class ProxyFaults(ClusterFixture fixture)
{
    public const string Direct = "direct";
    public const string Proxied = "HAProxy";
    public const string Friendly = "HAProxy, checks AMQP, shutdown-sessions";
    public const string Plain = "HAProxy, operators' file";

    private ClusterAddress[] Nodes => [.. fixture.Cluster.Nodes.Select(static node => node.Address)];

    /// <summary>HAProxy itself is killed and is there again after two seconds.</summary>
    public async Task<ScenarioResult> RestartAsync(string name, Action<IReadOnlyList<Verdict>>? found = null)
    {
        ClusterAddress address = fixture.Cluster.Proxy!.Value;
        var way = new Way(Proxied, [address]);
        var scenario = new FaultScenario(fixture.Cluster, QueueKind.Mirrored, name) { Ways = [way], IdleWays = [way], ProbeAt = [address] };
        ScenarioResult result = await scenario.RunAsync(context => context.StrikeAsync(async () =>
        {
            await context.Cluster.KillProxyAsync();

            // The outage itself lasts this long; nothing waits for it to be right.
            await Task.Delay(TimeSpan.FromSeconds(2));
            await context.Cluster.StartProxyAsync();
        }));
        found?.Invoke(scenario.Verdicts);
        return result;
    }

    /// <summary>One node behind HAProxy is killed; when it is whole again all nodes go and come back.</summary>
    public async Task<(WayResult OneDead, WayResult AllDead)> KillAsync(string name, Action<IReadOnlyList<Verdict>>? found = null)
    {
        string folder = Directory.CreateTempSubdirectory("rr-proxy-").FullName;
        await using HaProxyProcess proxy = NewProxy(folder, HaProxyOptions.Default);
        await proxy.StartAsync(TestContext.Current.CancellationToken);

        WayResult? oneDead = null;
        var scenario = new FaultScenario(fixture.Cluster, QueueKind.Quorum, name)
        {
            Ways = [new Way(Proxied, [proxy.Address], static options => options.Publisher.Connections = 3)],
            ProbeAt = [proxy.Address],
        };
        ScenarioResult result = await scenario.RunAsync(async context =>
        {
            IRabbitNode victim = await context.OtherServingAllAsync();
            await context.StrikeAsync(() => victim.KillAsync());
            oneDead = Assert.Single(await context.MeasureAsync());

            // Whole before all of it goes: a cluster whose third node had been killed before came back without the queue and the exchange, also when the others were stopped in good order.
            await victim.StartAsync();
            await context.SynchronisedAsync();
            await context.StrikeAsync(async () =>
            {
                await Task.WhenAll(context.Cluster.Nodes.Select(static node => node.StopAsync()));
                await Task.WhenAll(context.Cluster.Nodes.Select(static node => node.StartAsync()));
            });
        });
        Directory.Delete(folder, recursive: true);
        found?.Invoke(scenario.Verdicts);
        return (oneDead!, result.Way(Proxied));
    }

    /// <summary>A node freezes that does not lead the queue, which goes on: what is measured is the way to it.</summary>
    public async Task<ScenarioResult> FreezeAsync(string name, Action<IReadOnlyList<Verdict>>? found = null)
    {
        string folder = Directory.CreateTempSubdirectory("rr-proxies-").FullName;
        await using HaProxyProcess friendly = NewProxy(Path.Combine(folder, "friendly"), HaProxyOptions.Friendly with { ChecksAmqp = true, ShutdownSessionsWhenDown = true });
        await using HaProxyProcess plain = NewProxy(Path.Combine(folder, "plain"), HaProxyOptions.Default);
        await friendly.StartAsync(TestContext.Current.CancellationToken);
        await plain.StartAsync(TestContext.Current.CancellationToken);
        Way[] ways = [new Way(Direct, Nodes, SilentClients.Configure), new Way(Friendly, [friendly.Address], SilentClients.Configure), new Way(Plain, [plain.Address], SilentClients.Configure)];
        IRabbitNode? victim = null;
        var scenario = new FaultScenario(fixture.Cluster, QueueKind.Quorum, name) { Ways = ways, IdleWays = ways };
        ScenarioResult result = await scenario.RunAsync(
            async context =>
            {
                victim = await context.OtherServingAllAsync();
                await context.StrikeAsync(() => victim.FreezeAsync());
            },
            _ => victim!.ThawAsync());
        Directory.Delete(folder, recursive: true);
        found?.Invoke(scenario.Verdicts);
        return result;
    }

    private HaProxyProcess NewProxy(string folder, HaProxyOptions options) => new(options, Nodes, Directory.CreateDirectory(folder).FullName);
}
