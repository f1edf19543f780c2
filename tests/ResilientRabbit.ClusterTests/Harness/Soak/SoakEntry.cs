namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One line of what a soak run has found: a client's gap in one strike, or what the checker says of a scenario.</summary>
public sealed record SoakEntry(string Fault, QueueKind Kind, bool IsNodeFault, WayResult? Result, Verdict? Verdict, double Load);
