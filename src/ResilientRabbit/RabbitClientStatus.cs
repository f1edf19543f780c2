namespace ResilientRabbit;

/// <summary>The state of a client at one instant.</summary>
/// <param name="State">The sum of the connections: Connected when each connection in use is connected, Faulted or Reconnecting when none of a kind is usable.</param>
/// <param name="Connections">The connections: those for publishing first, then the one for consuming and declaring.</param>
/// <param name="Publishing">The counts of the published messages.</param>
/// <param name="Subscriptions">The subscriptions.</param>
public sealed record RabbitClientStatus(
    ConnectionState State, IReadOnlyList<ConnectionStatus> Connections, PublishCounts Publishing, IReadOnlyList<SubscriptionStatus> Subscriptions)
{
    /// <summary>Gets how long the oldest message without an outcome has been waiting for it; zero when there is none.</summary>
    public TimeSpan OldestUnconfirmed { get; init; }

    /// <summary>Gets where each lane of the publisher publishes.</summary>
    public IReadOnlyList<PublishLaneStatus> Lanes { get; init; } = [];

    /// <summary>Gets the broker's reason while it has blocked a publish connection; <see langword="null"/> otherwise.</summary>
    public string? BlockedReason => Connections.FirstOrDefault(static connection => connection.BlockedReason is not null)?.BlockedReason;
}
