namespace ResilientRabbit;

/// <summary>The state of one connection at one instant.</summary>
/// <param name="Name">What the connection is for, as the broker shows it, for example <c>app:publish-1</c>.</param>
/// <param name="State">The state.</param>
/// <param name="Endpoint">The configured endpoint in use or last used, as <c>host:port</c>; <see langword="null"/> before the first attempt.</param>
/// <param name="NodeName">The name of the broker's node where the broker tells it; otherwise <see langword="null"/>, never guessed.</param>
/// <param name="ClusterName">The name of the cluster as the broker tells it.</param>
/// <param name="BlockedReason">The broker's reason while it has blocked the connection; <see langword="null"/> otherwise.</param>
/// <param name="LastFailure">The reason of the last loss or failed attempt.</param>
/// <param name="Losses">How many times an open connection was lost.</param>
public sealed record ConnectionStatus(
    string Name, ConnectionState State, string? Endpoint, string? NodeName, string? ClusterName, string? BlockedReason, ConnectionFailureReason? LastFailure, int Losses)
{
    /// <summary>Gets since when the connection is wanted and not open; <see langword="null"/> while it is connected, not yet asked for, or closed. By the client's time provider; not set in <see cref="IRabbitClient.StatusChanged"/>.</summary>
    public DateTimeOffset? DownSince { get; init; }
}
