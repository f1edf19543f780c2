using Xunit;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>The tests that share the cluster; one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterGroup : ICollectionFixture<OpenStackCluster>
{
    public const string Name = "OpenStack cluster";
}
