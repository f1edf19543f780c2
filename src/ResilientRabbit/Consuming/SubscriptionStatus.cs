namespace ResilientRabbit;

/// <summary>The state and the counts of a subscription at one instant.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="State">The state.</param>
/// <param name="Unsettled">Messages in this process, waiting for a handler or being handled.</param>
/// <param name="Received">Messages delivered, repeated ones included.</param>
/// <param name="Acknowledged">Messages whose acknowledgement was sent; those retried and dead-lettered are among them.</param>
/// <param name="Retried">Messages published, confirmed, to the retry queue.</param>
/// <param name="DeadLettered">Messages published, confirmed, to the dead-letter queue, or rejected where <see cref="ConsumerOptions.DeadLetterBy"/> says so.</param>
/// <param name="Requeued">Messages given back to the queue.</param>
/// <param name="StaleAcks">Messages that were handled and could not be acknowledged because their channel was gone: the broker delivers them again.</param>
/// <param name="Duplicates">Messages that were acknowledged without a handler run, because <see cref="ConsumerOptions.Deduplication"/> knew them.</param>
/// <param name="Resubscribes">How many times the subscription was set up again.</param>
/// <param name="LastError">Why it was lost or could not be set up the last time; <see langword="null"/> when that never happened.</param>
public sealed record SubscriptionStatus(
    string Queue,
    SubscriptionState State,
    int Unsettled,
    long Received,
    long Acknowledged,
    long Retried,
    long DeadLettered,
    long Requeued,
    long StaleAcks,
    long Duplicates,
    int Resubscribes,
    string? LastError)
{
    /// <summary>
    /// Gets how many of the <see cref="Unsettled"/> messages are held because their body exceeds <see cref="ResilientRabbitOptions.MaxInboundMessageSize"/> and they may not be rejected
    /// (<see cref="ConsumerOptions.DeadLetterBy"/>). Each takes a place of the prefetch until the subscription is set up again.
    /// </summary>
    public int Held { get; init; }

    /// <summary>Gets since when nothing is consumed although it should be; <see langword="null"/> while it is consumed, paused or stopped. By the client's time provider.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>Gets a value indicating whether the broker delivers.</summary>
    public bool IsConsuming => State == SubscriptionState.Consuming;
}
