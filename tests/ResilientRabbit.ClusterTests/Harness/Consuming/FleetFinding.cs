namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One consumer in one run of a fault: how long it got nothing, and how long the bare prober did.</summary>
public sealed record FleetFinding(string Fault, QueueKind Kind, string Way, double ProberMilliseconds, double SilenceMilliseconds, double Load);
