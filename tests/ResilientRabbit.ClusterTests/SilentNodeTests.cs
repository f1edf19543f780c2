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
    private static readonly TimeSpan IdleLimit = (4 * SilentClients.Heartbeat) + TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_frozen_node_is_left_by_busy_and_idle_clients_whatever_stands_before_it()
    {
        ScenarioResult result = await new ProxyFaults(fixture).FreezeAsync("freeze-other");

        Assert.True(result.Way(ProxyFaults.Direct).EveryKey <= SilentClients.Stall + TimeSpan.FromSeconds(4), $"{result.Way(ProxyFaults.Direct)}");
        Assert.True(result.Way(ProxyFaults.Friendly).EveryKey <= TimeSpan.FromSeconds(8), $"{result.Way(ProxyFaults.Friendly)}");
        Assert.True(result.Way(ProxyFaults.Plain).EveryKey <= SilentClients.Stall + TimeSpan.FromSeconds(5), $"{result.Way(ProxyFaults.Plain)}");

        // A node that is frozen accepts connections: only a check that asks for AMQP tells the proxy, and by it the idle client.
        Assert.True(IdleOf(ProxyFaults.Friendly).Back < IdleOf(ProxyFaults.Plain).Back, $"{IdleOf(ProxyFaults.Friendly)}, {IdleOf(ProxyFaults.Plain)}");
        Assert.All(result.Idle, static idle => Assert.True(idle.Back <= IdleLimit, $"{idle}"));

        IdleResult IdleOf(string label) => result.Idle.Single(idle => string.Equals(idle.Label, label, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_network_that_loses_everything_both_ways_is_noticed_by_busy_and_idle_clients()
    {
        await using var doors = await DoorSet.StartAsync(fixture);

        ScenarioResult result = await Scenario(doors, "black-hole", idleLosses: 1).RunAsync(
            context => context.StrikeAsync(() => doors[0].Machine.LosePacketsAsync(toHost: true, fromHost: true)),
            _ => doors.HealAsync());

        AssertInTime(result);
    }

    [Fact]
    public async Task A_network_that_loses_one_direction_is_noticed_by_busy_and_idle_clients_whichever_it_is()
    {
        await using var doors = await DoorSet.StartAsync(fixture);

        ScenarioResult result = await Scenario(doors, "half-open", idleLosses: 2).RunAsync(
            context => context.StrikeAsync(async () =>
            {
                await doors[0].Machine.LosePacketsAsync(toHost: true, fromHost: false);
                await doors[1].Machine.LosePacketsAsync(toHost: false, fromHost: true);
            }),
            _ => doors.HealAsync());

        AssertInTime(result);
    }

    private static void AssertInTime(ScenarioResult result)
    {
        WayResult busy = Assert.Single(result.Ways);
        IdleResult idle = Assert.Single(result.Idle);
        Assert.True(busy.EveryKey <= SilentClients.Stall + TimeSpan.FromSeconds(4), $"{busy}");
        Assert.True(idle.Back <= IdleLimit, $"{idle}");
    }

    /// <summary>The idle client's three connections go to the three doors.</summary>
    private FaultScenario Scenario(DoorSet doors, string fault, int idleLosses)
    {
        var way = new Way(ProxyFaults.Direct, doors.Addresses, SilentClients.Configure);
        return new FaultScenario(fixture.Cluster, QueueKind.Quorum, fault) { Ways = [way], IdleWays = [way], IdleLosses = idleLosses, ProbeAt = doors.Addresses };
    }
}
