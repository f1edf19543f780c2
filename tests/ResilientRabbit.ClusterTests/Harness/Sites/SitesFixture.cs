using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Two real sites, three nodes and one, shared by the tests of the collection.</summary>
public sealed class SitesFixture : IAsyncLifetime
{
    private TwoSites? _sites;
    private string? _missing;

    /// <summary>The sites. Skips the test with the reason where they cannot be started, and fails it on a build server.</summary>
    public TwoSites Sites
    {
        get
        {
            ClusterFixture.SkipWithout(_missing, "two sites cannot be started");
            return _sites!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _missing = TwoSites.MissingPrerequisite();
        if (_missing is null)
        {
            _sites = await TwoSites.StartAsync(new SiteOptions { Plugins = ["rabbitmq_shovel_management", "rabbitmq_federation_management", "rabbitmq_management"] });
        }
    }

    public ValueTask DisposeAsync() => _sites?.DisposeAsync() ?? ValueTask.CompletedTask;
}
