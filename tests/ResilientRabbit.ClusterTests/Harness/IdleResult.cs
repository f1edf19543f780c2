namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What a fault cost a client that does nothing but wait for messages.</summary>
/// <param name="Label">The client's way.</param>
/// <param name="Losses">Its connections that were lost by the fault, each counted once.</param>
/// <param name="Back">From the fault until the last of them was connected again; null when that never happened, or fewer were lost than lay where it struck.</param>
public sealed record IdleResult(string Label, int Losses, TimeSpan? Back);
