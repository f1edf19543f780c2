using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>The tests that share the cluster; one after the other, because each hurts it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterGroup : ICollectionFixture<ClusterFixture>
{
    public const string Name = "cluster";
}
