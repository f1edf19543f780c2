using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

[Collection(ClusterGroup.Name)]
public sealed class FaultTests(ClusterFixture fixture)
{
    private const double Goal = 1.5;

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_when_the_leaders_node_is_killed(QueueKind kind)
    {
        IRabbitNode? victim = null;
        return Scenario(kind, "kill-leader", Goal).RunAsync(
            async context =>
            {
                victim = await context.LeaderAsync();
                await context.StrikeAsync(() => victim.KillAsync());
            },
            _ => victim!.StartAsync());
    }

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_when_another_connected_node_is_killed(QueueKind kind)
    {
        IRabbitNode? victim = null;
        return Scenario(kind, "kill-other", Goal).RunAsync(
            async context =>
            {
                victim = await context.OtherConnectedAsync();
                await context.StrikeAsync(() => victim.KillAsync());
            },
            _ => victim!.StartAsync());
    }

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_when_the_application_of_the_leaders_node_is_stopped(QueueKind kind)
    {
        IRabbitNode? victim = null;
        return Scenario(kind, "stop-app", Goal).RunAsync(
            async context =>
            {
                victim = await context.LeaderAsync();
                await context.StrikeAsync(() => victim.StopAppAsync());
            },
            _ => victim!.StartAppAsync());
    }

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_when_all_client_connections_of_a_node_are_closed(QueueKind kind)
        => Scenario(kind, "reset", Goal).RunAsync(async context =>
        {
            IRabbitNode leader = await context.LeaderAsync();
            await context.StrikeAsync(() => leader.CloseAllConnectionsAsync("test"));
        });

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task A_node_frozen_for_15_seconds_costs_no_confirmed_message_of_a_quorum_queue(QueueKind kind)
        => Scenario(kind, "freeze-15s", null, lossIsOnlyMeasured: kind == QueueKind.Mirrored).RunAsync(async context =>
        {
            IRabbitNode victim = await context.LeaderAsync();
            await context.StrikeAsync(async () =>
            {
                await victim.FreezeAsync();
                _ = ThawLaterAsync(victim);
            });
        });

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_in_a_rolling_restart_of_all_nodes(QueueKind kind)
        => Scenario(kind, "rolling-restart", null).RunAsync(async context =>
        {
            foreach (IRabbitNode node in context.Cluster.Nodes)
            {
                await context.StrikeAsync(() => node.StopAsync());
                await node.StartAsync();
                await context.SynchronisedAsync();
            }
        });

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_when_a_node_is_forgotten_and_rejoins(QueueKind kind)
        => Scenario(kind, "forget-rejoin", null).RunAsync(async context =>
        {
            IRabbitNode victim = await context.LeaderAsync();
            IRabbitNode survivor = context.Cluster.Nodes.First(node => node != victim);
            await context.StrikeAsync(() => victim.StopAsync());
            await survivor.ForgetAsync(victim);
            await victim.JoinClusterAsync(survivor);
        });

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public Task Nothing_confirmed_is_lost_when_the_whole_cluster_goes_down_and_comes_back(QueueKind kind)
        => new FaultScenario(fixture.Cluster, kind, "whole-cluster") { MayPassByAQueue = kind == QueueKind.Mirrored }.RunAsync(context => context.StrikeAsync(async () =>
        {
            await Task.WhenAll(context.Cluster.Nodes.Select(static node => node.StopAsync()));
            await Task.WhenAll(context.Cluster.Nodes.Select(static node => node.StartAsync()));
        }));

    private static async Task ThawLaterAsync(IRabbitNode victim)
    {
        // The fault itself lasts this long; nothing waits for it to be right.
        await Task.Delay(TimeSpan.FromSeconds(15));
        await victim.ThawAsync();
    }

    private FaultScenario Scenario(QueueKind kind, string fault, double? ratioGoal, bool lossIsOnlyMeasured = false)
        => new(fixture.Cluster, kind, fault) { RatioGoal = ratioGoal, LossIsOnlyMeasured = lossIsOnlyMeasured };
}
