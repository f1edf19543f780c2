using System.Diagnostics;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>The test library itself, on one cluster of three nodes behind HAProxy.</summary>
public sealed class ClusterLibraryTests : IAsyncLifetime
{
    private IRabbitCluster? _cluster;

    private IRabbitCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster was not started.");

    public async ValueTask InitializeAsync()
    {
        var options = new ClusterOptions { HaProxy = HaProxyOptions.Friendly };
        if (ClusterFactory.MissingPrerequisite(options) is { } reason)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is "true", reason);
        }

        _cluster = await ClusterFactory.StartAsync(options);
    }

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_cluster_survives_what_is_done_to_it_and_is_repaired()
    {
        await Cluster.DeclareQueueAsync("mirrored", quorum: false);
        await Cluster.WaitUntilSynchronisedAsync("mirrored");

        await using (var prober = Prober.Start(Cluster, [.. Cluster.Nodes.Select(node => node.Address)], "mirrored"))
        {
            var leader = await Cluster.GetQueueLeaderAsync("mirrored");
            var killed = Stopwatch.GetTimestamp();
            await leader.KillAsync();
            Assert.False(leader.IsRunning);

            await WaitForAsync(() => prober.TimeToFirstConfirmAfter(killed) is not null);
            await Cluster.Nodes.First(node => node.IsRunning).RaiseMemoryAlarmAsync();
        }

        await Cluster.RepairAsync();

        Assert.All(Cluster.Nodes, node => Assert.True(node.IsRunning));
        await Cluster.WaitUntilSynchronisedAsync("mirrored");
        var messages = await Cluster.DrainAsync("mirrored");
        Assert.NotEmpty(messages);
        Assert.All(messages, message => Assert.True(Prober.IsProbe(message.MessageId)));
        Assert.Equal(0, await Cluster.GetMessageCountAsync("mirrored"));
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(20, deadline.Token);
        }
    }
}
