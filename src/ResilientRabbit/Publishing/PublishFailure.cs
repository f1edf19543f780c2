namespace ResilientRabbit;

/// <summary>Says what is known about a message that was not confirmed.</summary>
public enum PublishFailure
{
    /// <summary>Nothing left the process: no connection by the deadline, buffer full, invalid message, or client disposed. Publishing again is safe.</summary>
    NotSent,

    /// <summary>The broker refused it: it answered with a nack until the deadline, or closed the channel because of this very message.</summary>
    Refused,

    /// <summary>The broker returned it, because no queue would receive it.</summary>
    Unroutable,

    /// <summary>It was written and not answered by the deadline: it may or may not be stored. Publish again only if the consumer is idempotent.</summary>
    Unknown,
}
