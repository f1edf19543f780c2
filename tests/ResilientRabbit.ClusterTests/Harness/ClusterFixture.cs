using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One real three-node cluster behind HAProxy, shared by the tests of the collection, and a network of its own where this machine allows one.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private IRabbitCluster? _cluster;
    private TestNetwork? _network;
    private string? _missing;
    private string? _missingNetwork;

    /// <summary>The cluster. Skips the test with the reason where none can be started, and fails it on a build server.</summary>
    public IRabbitCluster Cluster
    {
        get
        {
            SkipWithout(_missing, "no cluster can be started");
            return _cluster!;
        }
    }

    /// <summary>A network whose machines reach the cluster's nodes. Skips the test with the reason where there is none, and fails it on a build server.</summary>
    public TestNetwork Network
    {
        get
        {
            SkipWithout(_missing ?? _missingNetwork, "no network namespaces can be made");
            return _network!;
        }
    }

    public static void SkipWithout(string? missing, string what)
    {
        if (missing is not null)
        {
            Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), $"CI=true, and {what}: {missing}");
            Assert.Skip(missing);
        }
    }

    public async ValueTask InitializeAsync()
    {
        var options = new ClusterOptions { HaProxy = HaProxyOptions.Friendly };
        _missing = ClusterFactory.MissingPrerequisite(options);
        if (_missing is not null)
        {
            return;
        }

        try
        {
            _network = await TestNetwork.StartAsync();
        }
        catch (ClusterUnavailableException exception)
        {
            _missingNetwork = exception.Message;
        }

        _cluster = await ClusterFactory.StartAsync(options with { Network = _network });
        if (_cluster is not LocalCluster)
        {
            _missingNetwork ??= "Only local nodes can be reached from a network of this machine.";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }
}
