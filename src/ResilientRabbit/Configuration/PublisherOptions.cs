namespace ResilientRabbit;

/// <summary>Configures publishing: limits, deadlines and how messages are spread.</summary>
/// <remarks>The values are copied when the client is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class PublisherOptions
{
    /// <summary>Gets or sets the number of connections used for publishing. They go to different nodes where the endpoints allow it, so that the lanes of a lost one move at once.</summary>
    /// <value>2 by default; 1 to 16, at most <see cref="Lanes"/>.</value>
    public int Connections { get; set; } = 2;

    /// <summary>Gets or sets the number of lanes. Messages with the same ordering key use the same lane; each lane is one channel with one writer.</summary>
    /// <value>4 by default; 1 to 256.</value>
    public int Lanes { get; set; } = 4;

    /// <summary>Gets or sets how many messages of one lane may be on the wire without an answer.</summary>
    /// <value>4,096 by default, which with four lanes keeps a classic queue busy over a round trip of 80 ms; 1 to 65,536.</value>
    public int InFlightWindow { get; set; } = 4096;

    /// <summary>
    /// Gets or sets a value indicating whether each lane searches the smallest window that keeps its rate of confirms, at most
    /// <see cref="InFlightWindow"/>. Less in flight means that a confirm comes sooner, and fewer duplicates after a loss.
    /// </summary>
    /// <value><see langword="false"/> by default: the window is fixed.</value>
    public bool AdaptiveWindow { get; set; }

    /// <summary>Gets or sets how many bytes of message bodies of one lane may be on the wire without an answer. One message may be larger: it goes alone.</summary>
    /// <value>16 MiB by default, which keeps a line of 1 Gbit/s busy over 130 ms; 1 byte to 1 TiB.</value>
    public long InFlightBytes { get; set; } = 16L * 1024 * 1024;

    /// <summary>Gets or sets the time limit of one message, from the call to its outcome, in every state of the connections.</summary>
    /// <value>120 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Gets or sets how long a lane with messages in flight may go without any confirm before its connection is suspected.</summary>
    /// <value>5 seconds by default; above zero, below <see cref="DeliveryTimeout"/>.</value>
    public TimeSpan ConfirmStallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets how many messages may be pending (accepted and without outcome) in this client. One lane may hold at most half of it when there are several.</summary>
    /// <value>20,000 by default; 1 (with several lanes 2) to 10,000,000.</value>
    public int MaxPendingMessages { get; set; } = 20_000;

    /// <summary>Gets or sets how many bytes of message bodies may be pending in this client. One lane may hold at most half of it when there are several.</summary>
    /// <value>64 MiB by default; 1 byte to 1 TiB.</value>
    public long MaxPendingBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Gets or sets the largest message body, in bytes. A larger one is refused locally with <see cref="PublishFailure.NotSent"/>, but for a received one that is copied for a retry or to be parked.</summary>
    /// <value>16 MiB by default, the limit of RabbitMQ 4.x; RabbitMQ 3.10 accepts up to 128 MiB, which is the most. At most <see cref="MaxPendingBytes"/>, with several lanes half of it.</value>
    public int MaxMessageSize { get; set; } = 16 * 1024 * 1024;

    /// <summary>Gets or sets what happens to a publish when the pending limit is reached.</summary>
    /// <value><see cref="BufferFullMode.Wait"/> by default.</value>
    public BufferFullMode BufferFull { get; set; } = BufferFullMode.Wait;

    /// <summary>Gets or sets a value indicating whether a message that no queue receives is returned and reported as <see cref="PublishFailure.Unroutable"/>. A message may override it.</summary>
    /// <value><see langword="true"/> by default. Without it the broker confirms and drops such a message.</value>
    public bool Mandatory { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether messages are written to disk by durable queues. A message may override it.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool Persistent { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether messages of one ordering key keep their order.</summary>
    /// <value><see langword="true"/> by default. When off, a message without an ordering key takes the least loaded lane.</value>
    public bool PreserveOrder { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether small messages of one lane that follow each other to the same exchange and routing key, with equal properties and without headers, travel as one
    /// AMQP message in the layout of Spring AMQP's batching (header <c>springBatchFormat: lengthHeader4</c>). Each keeps its message-id and its own outcome. A consumer must know the layout.
    /// </summary>
    /// <value><see langword="false"/> by default: each message is an AMQP message.</value>
    public bool Packing { get; set; }

    /// <summary>Gets or sets how many messages are packed together at most.</summary>
    /// <value>200 by default; 2 to 256.</value>
    public int PackMaxMessages { get; set; } = 200;

    /// <summary>Gets or sets the largest body of a pack, in bytes: that of its messages and four bytes for each.</summary>
    /// <value>32 KiB by default; 256 bytes to 64 KiB, at most <see cref="MaxMessageSize"/>. It must be below what the broker accepts.</value>
    public int PackMaxBytes { get; set; } = 32 * 1024;

    /// <summary>Gets or sets the largest body that is packed, in bytes: a larger message goes alone.</summary>
    /// <value>1,024 bytes by default; 0 to <see cref="PackMaxBytes"/> less 4.</value>
    public int PackMaxMessageBytes { get; set; } = 1024;

    /// <summary>Gets or sets how long a message may wait for others to be packed with. Those of a batch do not wait.</summary>
    /// <value>Zero by default: what is queued at the moment travels together. At most 1 second.</value>
    public TimeSpan PackLinger { get; set; }

    /// <summary>Gets or sets how often <see cref="ResilientRabbitOptions.QueueLeaderResolver"/> is asked for the leader of each destination in use. An answer that cannot be renewed counts for three times as long.</summary>
    /// <value>10 seconds by default; 1 second to 1 hour. Meaningless without a resolver.</value>
    public TimeSpan LeaderRefreshInterval { get; set; } = TimeSpan.FromSeconds(10);
}
