using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>The tests that share the two sites; one after the other, and never beside another cluster.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SitesGroup : ICollectionFixture<SitesFixture>
{
    public const string Name = "sites";
}
