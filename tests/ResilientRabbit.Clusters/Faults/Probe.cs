namespace ResilientRabbit.Clusters;

/// <summary>One confirmed message of a <see cref="Prober"/>; the times are <see cref="System.Diagnostics.Stopwatch"/> timestamps.</summary>
public readonly record struct Probe(long Submitted, long Confirmed, ClusterAddress Address);
