namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One client's gap in one fault of a soak run.</summary>
public readonly record struct SoakEntry(string Fault, QueueKind Kind, bool IsNodeFault, WayResult Result);
