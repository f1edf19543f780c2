using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Two HAProxy machines that share a virtual IP before the shared cluster's nodes.</summary>
public sealed class VirtualIpFixture(ClusterFixture cluster) : IAsyncLifetime
{
    private VirtualIpPair? _pair;
    private string? _missing;

    /// <summary>The pair, healed. Skips the test with the reason where there can be none, and fails it on a build server.</summary>
    public async Task<VirtualIpPair> HealedAsync()
    {
        ClusterFixture.SkipWithout(_missing, "no virtual IP can be made");
        _pair ??= await VirtualIpPair.StartAsync(cluster.Network, cluster.Cluster.Nodes);
        await _pair.HealAsync();
        return _pair;
    }

    public ValueTask InitializeAsync()
    {
        _missing = VirtualIpPair.MissingPrerequisite();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _pair?.DisposeAsync() ?? ValueTask.CompletedTask;
}
