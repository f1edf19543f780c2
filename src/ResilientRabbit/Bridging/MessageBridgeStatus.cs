namespace ResilientRabbit;

/// <summary>The state and the counts of a bridge at one instant.</summary>
/// <param name="Name">The name of the bridge.</param>
/// <param name="Source">The subscription to the source queue; <see langword="null"/> before the start.</param>
/// <param name="Forwarded">Messages that the far side has confirmed.</param>
/// <param name="Redelivered">Forwarded messages that were marked as possible duplicates.</param>
/// <param name="Refused">Messages that the far side would not take: parked or retried, see <see cref="MessageBridgeOptions.OnRefused"/>.</param>
/// <param name="Loops">Messages that had passed this bridge before, or too many bridges.</param>
/// <param name="Requeued">Messages given back to the source queue because their fate at the far side was unknown or they could not be sent.</param>
/// <param name="InFlight">Messages handed to the far side's publisher and not answered.</param>
/// <param name="InFlightBytes">Bytes of their bodies.</param>
/// <param name="OldestAge">How long the oldest of them has been waiting for its confirm; zero when there is none.</param>
/// <param name="Lag">How old the last forwarded message was at its confirm, by its timestamp property, which counts whole seconds; <see langword="null"/> before the first that has one.</param>
public sealed record MessageBridgeStatus(
    string Name,
    SubscriptionStatus? Source,
    long Forwarded,
    long Redelivered,
    long Refused,
    long Loops,
    long Requeued,
    int InFlight,
    long InFlightBytes,
    TimeSpan OldestAge,
    TimeSpan? Lag)
{
    /// <summary>Gets a value indicating whether the source queue is being consumed.</summary>
    public bool IsConsuming => Source is { IsConsuming: true };
}
