using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

[Collection(ClusterGroup.Name)]
public sealed class HaProxyTests(ClusterFixture fixture)
{
    /// <summary>The goal is two seconds after the bare prober.</summary>
    private static readonly TimeSpan Allowance = 3 * TimeSpan.FromSeconds(2);

    private static readonly TimeSpan OneDeadLimit = 3 * TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Nothing_is_lost_when_HAProxy_is_killed_and_started_again()
    {
        ScenarioResult result = await new ProxyFaults(fixture).RestartAsync("haproxy-restart");

        AssertBackSoon(result.Way(ProxyFaults.Proxied));
        Assert.True(Assert.Single(result.Idle).Back <= result.Way(ProxyFaults.Proxied).Prober + Allowance, $"{result.Idle[0]}, {result.Way(ProxyFaults.Proxied)}");
    }

    [Fact]
    public async Task Nothing_is_lost_when_one_backend_dies_and_then_all_die_and_come_back()
    {
        (WayResult oneDead, WayResult allDead) = await new ProxyFaults(fixture).KillAsync("haproxy-all-dead");

        FaultReport.Write($"haproxy-one-dead | {FaultReport.Milliseconds(oneDead.FirstConfirm)} to the first confirm, {FaultReport.Milliseconds(oneDead.EveryKey)} to every key's, prober {FaultReport.Milliseconds(oneDead.Prober)}, {oneDead.Losses} connections lost");

        // The dead backend's sockets are closed with it, and the others serve: a second is the goal, for the lanes of the lost connection as well.
        Assert.True(oneDead.EveryKey <= OneDeadLimit, $"{oneDead}");
        Assert.True(oneDead.Losses > 0, "The dead backend was not felt.");
        AssertBackSoon(allDead);
    }

    private static void AssertBackSoon(WayResult result) => Assert.True(result.EveryKey <= result.Prober + Allowance, $"{result}");
}
