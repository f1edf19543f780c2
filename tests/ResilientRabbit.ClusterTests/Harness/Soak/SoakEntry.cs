namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One line of what a soak run has found: a client's gap in one strike, or what the checker says of a scenario.</summary>
/// <param name="Fault">The name of the fault.</param>
/// <param name="Kind">The kind of the queues.</param>
/// <param name="Section">Where on the page it stands.</param>
/// <param name="Result">The gap of a client that publishes.</param>
/// <param name="Idle">The gap of a client that does nothing.</param>
/// <param name="Verdict">What the checker found.</param>
/// <param name="AddressMoved">From the fault until the virtual IP had moved.</param>
/// <param name="Load">The machine's load average.</param>
public sealed record SoakEntry(string Fault, QueueKind Kind, SoakSection Section, WayResult? Result, IdleResult? Idle, Verdict? Verdict, TimeSpan? AddressMoved, double Load);
