namespace ResilientRabbit.Management;

/// <summary>The answer of one node to a <see cref="NodeHealthCheck"/>.</summary>
/// <param name="Address">The address that answered.</param>
/// <param name="IsHealthy">Whether the check has passed.</param>
/// <param name="Reason">Why it has not, or a remark; <see langword="null"/> when the broker gives none.</param>
public sealed record NodeHealthResult(string Address, bool IsHealthy, string? Reason);
