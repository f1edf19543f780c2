using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>How a client under test reaches the cluster.</summary>
public sealed record Way(string Label, IReadOnlyList<ClusterAddress> Endpoints, Action<ResilientRabbitOptions>? Configure = null);
