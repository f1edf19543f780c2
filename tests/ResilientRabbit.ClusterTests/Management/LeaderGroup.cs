using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The tests of leader locality; one after the other, because each hurts the cluster.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LeaderGroup : ICollectionFixture<LeaderFixture>
{
    public const string Name = "leaders";
}
