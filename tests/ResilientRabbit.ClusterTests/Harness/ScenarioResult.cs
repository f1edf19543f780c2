namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What a scenario measured; that it was safe is asserted already.</summary>
public sealed record ScenarioResult(IReadOnlyList<WayResult> Ways, IReadOnlyList<IdleResult> Idle)
{
    public WayResult Way(string label) => Ways.Single(way => string.Equals(way.Label, label, StringComparison.Ordinal));
}
