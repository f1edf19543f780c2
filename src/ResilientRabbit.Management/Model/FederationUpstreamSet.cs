namespace ResilientRabbit.Management;

/// <summary>A named set of upstreams, for policies with <c>federation-upstream-set</c>. The set <c>all</c> exists by itself.</summary>
/// <param name="Name">The name.</param>
/// <param name="Upstreams">The names of its upstreams.</param>
public sealed record FederationUpstreamSet(string Name, IReadOnlyList<string> Upstreams);
