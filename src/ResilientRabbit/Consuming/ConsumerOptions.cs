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

    /// <summary>Gets or sets what becomes of a message that a typed handler cannot get: its body, content-type or encoding is not what it must be (<see cref="MessageFormatException"/>).</summary>
    /// <value><see langword="null"/> by default: the same as <see cref="OnError"/>, so that a consumer that was fixed meanwhile may read it at a later attempt.</value>
    public Settlement? OnMalformed { get; set; }

    /// <summary>Gets or sets how many times a message is handled, the first time included, before <see cref="Settlement.Retry"/> becomes <see cref="Settlement.DeadLetter"/>.</summary>
    /// <value>5 by default; at least 1.</value>
    public int RetryLimit { get; set; } = 5;

    /// <summary>
    /// Gets or sets how long a message rests before each further attempt: the first value after the first attempt, and so on; the last one stands for all later attempts.
    /// For each different delay the SDK declares a durable queue when the subscription starts, named after the queue, <c>.retry.</c> and the milliseconds;
    /// with <c>_</c> before it where the broker has named the queue (<c>amq.</c>).
    /// </summary>
    /// <value>One delay of 5 seconds by default; 1 to 20 values, each at least 1 millisecond.</value>
    public IReadOnlyList<TimeSpan> RetryDelays { get; set; } = [TimeSpan.FromSeconds(5)];

    /// <summary>
    /// Gets or sets how many times a quorum queue may have delivered a message in vain before the SDK dead-letters it without having it handled: the way out for a message that
    /// ends its process each time. Only quorum queues count that (<c>x-delivery-count</c>), and they count what is returned by <see cref="Settlement.Requeue"/> or by a loss, too.
    /// </summary>
    /// <value>20 by default; <see langword="null"/> for no limit.</value>
    public int? DeliveryLimit { get; set; } = 20;

    /// <summary>Gets or sets the name of the durable queue that the SDK declares, when the subscription starts, for messages that are given up: they are parked there with the reason.</summary>
    /// <value><see langword="null"/> by default: the queue's name followed by <c>.dead-letter</c>. Neither the queue itself nor one of its retry queues.</value>
    public string? DeadLetterQueue { get; set; }

    /// <summary>Gets or sets how a message is given up.</summary>
    /// <value><see cref="DeadLetterMethod.Publish"/> by default: into <see cref="DeadLetterQueue"/>, with a confirm.</value>
    public DeadLetterMethod DeadLetterBy { get; set; } = DeadLetterMethod.Publish;

    /// <summary>
    /// Gets or sets what messages must be handled in their order although <see cref="Concurrency"/> is above 1: those for which this returns the same text are handled one after
    /// the other. Called once for each delivery, on the I/O path: it must be quick. When it returns <see langword="null"/> or throws, the message is free.
    /// </summary>
    /// <value><see langword="null"/> by default: with <see cref="Concurrency"/> above 1 no order is kept. Retried and redelivered messages come later in any case.</value>
    public Func<ReceivedMessage, string?>? OrderingKey { get; set; }

    /// <summary>Gets or sets how duplicates are recognized.</summary>
    /// <value><see langword="null"/> by default: not at all.</value>
    public DeduplicationOptions? Deduplication { get; set; }

    /// <summary>Gets or sets a value indicating whether this must be the queue's only consumer.</summary>
    /// <value><see langword="false"/> by default. A refusal is retried until the other consumer is gone.</value>
    public bool Exclusive { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the broker shall cancel the consumer when a mirror of a classic queue is promoted (<c>x-cancel-on-ha-failover</c>). The subscription
    /// then starts anew. Brokers without mirrored queues ignore it.
    /// </summary>
    /// <value><see langword="false"/> by default: a consumer whose own node lives goes on with the promoted mirror, and what was unsettled is delivered again either way.</value>
    public bool CancelOnHaFailover { get; set; }

    /// <summary>Gets or sets the consumer tag.</summary>
    /// <value><see langword="null"/> by default: a new tag for each subscription attempt.</value>
    public string? ConsumerTag { get; set; }

    /// <summary>
    /// Gets or sets after how long without a message and without one in work the subscription is set up anew, in case the broker swallows deliveries: a quorum queue of RabbitMQ
    /// 3.x that was deleted and created again at once may do that to a consumer of the former one, and no client can see it.
    /// </summary>
    /// <value>
    /// <see langword="null"/> by default: after 20 seconds where the queue is declared as a quorum queue, without single active consumer, through this client and the broker is RabbitMQ 3.x, otherwise never.
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. On such queues the end of a stream of messages (one a second or more) is enough, unless it is never: after 0.7 to 1.5 seconds, at most every 10 seconds.
    /// </value>
    public TimeSpan? RefreshIdleAfter { get; set; }

    /// <summary>Gets the arguments of <c>basic.consume</c>, for example <c>x-priority</c>.</summary>
    public IDictionary<string, object?> Arguments { get; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>
    /// Gets or sets a value indicating whether a message in the layout of Spring AMQP's batching (header <c>springBatchFormat</c>), which <see cref="PublisherOptions.Packing"/> uses as
    /// well, is taken apart: each of its messages is then handled and settled by itself.
    /// </summary>
    /// <value><see langword="true"/> by default. Otherwise the handler gets the whole as it came.</value>
    public bool Unpack { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether the activity that wraps a handler is a child of the publisher's activity, so that both are one trace, instead of being linked to it.</summary>
    /// <value><see langword="false"/> by default: linked, as a message may be handled long after its publisher's trace has ended.</value>
    public bool TraceAsChild { get; set; }

    /// <summary>Gets or sets how long stopping the subscription waits for running handlers.</summary>
    /// <value>10 seconds by default.</value>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
