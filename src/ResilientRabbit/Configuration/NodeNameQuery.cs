namespace ResilientRabbit;

/// <summary>What is known of a connection whose node is asked for.</summary>
/// <param name="ConnectionName">The name that the client has given the connection, for example <c>app:publish-1</c>; other instances of the application use the same.</param>
/// <param name="Endpoint">The configured endpoint, as <c>host:port</c>.</param>
/// <param name="LocalAddress">The address and port of this end, which the broker shows as the peer's unless a proxy is in between.</param>
/// <param name="ClusterName">The name of the cluster as the broker tells it; <see langword="null"/> when it tells none.</param>
public sealed record NodeNameQuery(string ConnectionName, string Endpoint, string LocalAddress, string? ClusterName);
