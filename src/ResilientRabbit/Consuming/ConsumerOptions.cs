namespace ResilientRabbit;

/// <summary>Configures one subscription.</summary>
/// <remarks>The values are copied when the subscription starts; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class ConsumerOptions
{
    /// <summary>Gets or sets how many messages the broker may deliver without their being settled.</summary>
    /// <value><see langword="null"/> by default: <see cref="ConsumerDefaults.Prefetch"/> of the client, which is 100 by default. Otherwise 1 to 65,535.</value>
    public int? Prefetch { get; set; }

    /// <summary>Gets or sets how many handlers of this subscription run at the same time. With 1, messages are handled in the order of the queue.</summary>
    /// <value>1 by default.</value>
    public int Concurrency { get; set; } = 1;

    /// <summary>Gets or sets how long an acknowledgement may wait to be sent together with its neighbours.</summary>
    /// <value>20 milliseconds by default; zero sends each at once.</value>
    public TimeSpan AckDelay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Gets or sets how long a handler may run before its token is cancelled and <see cref="OnError"/> applies.</summary>
    /// <value><see langword="null"/> by default: no limit.</value>
    public TimeSpan? HandlerTimeout { get; set; }

    /// <summary>Gets or sets what becomes of a message whose handler threw or exceeded <see cref="HandlerTimeout"/>.</summary>
    /// <value><see cref="Settlement.Retry"/> by default. <see cref="Settlement.Ack"/> is refused: a failed message is never acknowledged as done.</value>
    public Settlement OnError { get; set; } = Settlement.Retry;

    /// <summary>Gets or sets how many times a message is handled, the first time included, before <see cref="Settlement.Retry"/> becomes <see cref="Settlement.DeadLetter"/>.</summary>
    /// <value>5 by default; at least 1.</value>
    public int RetryLimit { get; set; } = 5;

    /// <summary>Gets or sets how long a message rests in the retry queue before it is delivered again.</summary>
    /// <value>5 seconds by default; at least 1 millisecond.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the name of the durable queue that the SDK declares for messages that are given up.</summary>
    /// <value><see langword="null"/> by default: the queue's name followed by <c>.dead-letter</c>.</value>
    public string? DeadLetterQueue { get; set; }

    /// <summary>Gets or sets a value indicating whether this must be the queue's only consumer.</summary>
    /// <value><see langword="false"/> by default. A refusal is retried until the other consumer is gone.</value>
    public bool Exclusive { get; set; }

    /// <summary>Gets or sets the consumer tag.</summary>
    /// <value><see langword="null"/> by default: a new tag for each subscription attempt.</value>
    public string? ConsumerTag { get; set; }

    /// <summary>Gets the arguments of <c>basic.consume</c>, for example <c>x-priority</c>.</summary>
    public IDictionary<string, object?> Arguments { get; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>Gets or sets how long stopping the subscription waits for running handlers.</summary>
    /// <value>10 seconds by default.</value>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
