using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>What happens to HAProxy and behind it, with the settings that operators write.</summary>
[Collection(ClusterGroup.Name)]
public sealed class HaProxyTests(ClusterFixture fixture)
{
    private const string Proxied = "HAProxy";

    /// <summary>The goal is two seconds after the bare prober.</summary>
    private static readonly TimeSpan Allowance = 3 * TimeSpan.FromSeconds(2);

    private static readonly TimeSpan OneDeadLimit = 3 * TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Nothing_is_lost_when_HAProxy_is_killed_and_started_again()
    {
        ClusterAddress address = fixture.Cluster.Proxy!.Value;
        var way = new Way(Proxied, [address]);

        ScenarioResult result = await new FaultScenario(fixture.Cluster, QueueKind.Mirrored, "haproxy-restart") { Ways = [way], IdleWays = [way], ProbeAt = [address] }.RunAsync(
            context => context.StrikeAsync(async () =>
            {
                await context.Cluster.KillProxyAsync();

                // The outage itself lasts this long; nothing waits for it to be right.
                await Task.Delay(TimeSpan.FromSeconds(2));
                await context.Cluster.StartProxyAsync();
            }));

        AssertBackSoon(result);
        Assert.True(Assert.Single(result.Idle).Back <= result.Way(Proxied).Prober + Allowance, $"{result.Idle[0]}, {result.Way(Proxied)}");
    }

    [Fact]
    public async Task Nothing_is_lost_when_one_backend_dies_and_then_all_die_and_come_back()
    {
        string folder = Directory.CreateTempSubdirectory("rr-proxy-").FullName;
        await using var proxy = new HaProxyProcess(HaProxyOptions.Default, [.. fixture.Cluster.Nodes.Select(static node => node.Address)], folder);
        await proxy.StartAsync(TestContext.Current.CancellationToken);

        WayResult? oneDead = null;
        ScenarioResult result = await new FaultScenario(fixture.Cluster, QueueKind.Quorum, "haproxy-all-dead")
        {
            Ways = [new Way(Proxied, [proxy.Address], static options => options.Publisher.Connections = 3)],
            ProbeAt = [proxy.Address],
        }.RunAsync(
            async context =>
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

        FaultReport.Write($"haproxy-one-dead | {FaultReport.Milliseconds(oneDead!.FirstConfirm)} to the first confirm, {FaultReport.Milliseconds(oneDead.EveryKey)} to every key's, prober {FaultReport.Milliseconds(oneDead.Prober)}, {oneDead.Losses} connections lost");

        // The dead backend's sockets are closed with it, and the others serve: a second is the goal, for the lanes of the lost connection as well.
        Assert.True(oneDead.EveryKey <= OneDeadLimit, $"{oneDead}");
        Assert.True(oneDead.Losses > 0, "The dead backend was not felt.");
        AssertBackSoon(result);
        Directory.Delete(folder, recursive: true);
    }

    private static void AssertBackSoon(ScenarioResult result) => Assert.True(result.Way(Proxied).EveryKey <= result.Way(Proxied).Prober + Allowance, $"{result.Way(Proxied)}");
}
