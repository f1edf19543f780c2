using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One real three-node cluster behind HAProxy, shared by the tests of the collection.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private IRabbitCluster? _cluster;
    private string? _missing;

    /// <summary>The cluster. Skips the test with the reason where none can be started, and fails it on a build server.</summary>
    public IRabbitCluster Cluster
    {
        get
        {
            if (_missing is not null)
            {
                Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), $"CI=true, and no cluster can be started: {_missing}");
                Assert.Skip(_missing);
            }

            return _cluster!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        var options = new ClusterOptions { HaProxy = HaProxyOptions.Friendly };
        _missing = ClusterFactory.MissingPrerequisite(options);
        if (_missing is null)
        {
            _cluster = await ClusterFactory.StartAsync(options);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
