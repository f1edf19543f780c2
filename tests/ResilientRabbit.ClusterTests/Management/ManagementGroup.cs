using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The tests that share the cluster with the management plugins; one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ManagementGroup : ICollectionFixture<ManagementFixture>
{
    public const string Name = "management";
}
