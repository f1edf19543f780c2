using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>
/// Nodes that go silent with their connections open: frozen, behind HAProxy or not, and behind a network that loses packets, both ways or one. Busy clients notice by
/// the stall limit, idle ones by the heartbeat; the bounds are those of a broken promise, not those of the goal.
/// </summary>
[Collection(ClusterGroup.Name)]
public sealed class SilentNodeTests(ClusterFixture fixture)
{
    private const string Direct = "direct";
    private const string Friendly = "HAProxy, shutdown-sessions";
    private const string Plain = "HAProxy, operators' file";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan IdleLimit = (4 * Heartbeat) + TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_frozen_node_is_left_by_busy_and_idle_clients_whatever_stands_before_it()
    {
        string folder = Directory.CreateTempSubdirectory("rr-proxies-").FullName;
        await using HaProxyProcess friendly = NewProxy(Path.Combine(folder, "friendly"), HaProxyOptions.Friendly with { ShutdownSessionsWhenDown = true });
        await using HaProxyProcess plain = NewProxy(Path.Combine(folder, "plain"), HaProxyOptions.Default);
        await friendly.StartAsync(TestContext.Current.CancellationToken);
        await plain.StartAsync(TestContext.Current.CancellationToken);
        Way[] ways = [new Way(Direct, [.. fixture.Cluster.Nodes.Select(static node => node.Address)], Configure), new Way(Friendly, [friendly.Address], Configure), new Way(Plain, [plain.Address], Configure)];
        IRabbitNode? victim = null;

        // A quorum queue led elsewhere goes on: what is measured is the way to it.
        ScenarioResult result = await new FaultScenario(fixture.Cluster, QueueKind.Quorum, "freeze-other") { Ways = ways, IdleWays = ways }.RunAsync(
            async context =>
            {
                victim = await context.OtherServingAllAsync();
                await context.StrikeAsync(() => victim.FreezeAsync());
            },
            _ => victim!.ThawAsync());

        Assert.True(result.Way(Direct).EveryKey <= Stall + TimeSpan.FromSeconds(4), $"{result.Way(Direct)}");
        Assert.True(result.Way(Friendly).EveryKey <= TimeSpan.FromSeconds(8), $"{result.Way(Friendly)}");
        Assert.True(result.Way(Plain).EveryKey <= Stall + TimeSpan.FromSeconds(5), $"{result.Way(Plain)}");
        Assert.All(result.Idle, static idle => Assert.True(idle.Back <= IdleLimit, $"{idle}"));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_network_that_loses_everything_both_ways_is_noticed_by_busy_and_idle_clients()
    {
        await using var doors = await DoorSet.StartAsync(fixture);

        ScenarioResult result = await Scenario(doors, "black-hole").RunAsync(
            context => context.StrikeAsync(() => doors[0].Machine.LosePacketsAsync(toHost: true, fromHost: true)),
            _ => doors.HealAsync());

        AssertInTime(result, leastLosses: 1);
    }

    [Fact]
    public async Task A_network_that_loses_one_direction_is_noticed_by_busy_and_idle_clients_whichever_it_is()
    {
        await using var doors = await DoorSet.StartAsync(fixture);

        ScenarioResult result = await Scenario(doors, "half-open").RunAsync(
            context => context.StrikeAsync(async () =>
            {
                await doors[0].Machine.LosePacketsAsync(toHost: true, fromHost: false);
                await doors[1].Machine.LosePacketsAsync(toHost: false, fromHost: true);
            }),
            _ => doors.HealAsync());

        AssertInTime(result, leastLosses: 2);
    }

    private static void AssertInTime(ScenarioResult result, int leastLosses)
    {
        WayResult busy = Assert.Single(result.Ways);
        IdleResult idle = Assert.Single(result.Idle);
        Assert.True(busy.EveryKey <= Stall + TimeSpan.FromSeconds(4), $"{busy}");
        Assert.True(idle.Losses >= leastLosses, $"{idle}");
        Assert.True(idle.Back <= IdleLimit, $"{idle}");
    }

    // Three publish connections to three addresses: each of them carries one.
    private static void Configure(ResilientRabbitOptions options)
    {
        options.Heartbeat = Heartbeat;
        options.ConnectTimeout = TimeSpan.FromSeconds(2);
        options.Publisher.Connections = 3;
        options.Publisher.Lanes = 6;
        options.Publisher.ConfirmStallTimeout = Stall;
    }

    private FaultScenario Scenario(DoorSet doors, string fault)
    {
        var way = new Way(Direct, doors.Addresses, Configure);
        return new FaultScenario(fixture.Cluster, QueueKind.Quorum, fault) { Ways = [way], IdleWays = [way], ProbeAt = doors.Addresses };
    }

    private HaProxyProcess NewProxy(string folder, HaProxyOptions options)
        => new(options, [.. fixture.Cluster.Nodes.Select(static node => node.Address)], Directory.CreateDirectory(folder).FullName);
}
