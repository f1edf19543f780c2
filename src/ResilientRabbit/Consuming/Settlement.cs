namespace ResilientRabbit;

/// <summary>Says what shall become of a message after its handler has returned.</summary>
public enum Settlement
{
    /// <summary>The message was done: it is acknowledged and the broker forgets it.</summary>
    Ack,

    /// <summary>Another attempt is made after a delay, up to the limit of <see cref="ConsumerOptions.RetryLimit"/>; then the message is dead-lettered.</summary>
    Retry,

    /// <summary>The message goes back to its queue at once, to any consumer.</summary>
    Requeue,

    /// <summary>The message is published, confirmed, to the dead-letter queue and then acknowledged.</summary>
    DeadLetter,
}
