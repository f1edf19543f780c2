namespace ResilientRabbit;

/// <summary>What declarations of a client use where a <see cref="QueueSpec"/> or an <see cref="ExchangeSpec"/> leaves it open. The queues that the SDK declares for itself are not changed by it.</summary>
/// <remarks>The values are copied when the client is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class DeclarationDefaults
{
    /// <summary>Gets or sets the type of durable queues whose description names none.</summary>
    /// <value><see langword="null"/> by default: the virtual host's default.</value>
    public QueueType? QueueType { get; set; }

    /// <summary>Gets or sets the type of queues that are described as not durable. A quorum queue is declared as durable then.</summary>
    /// <value><see langword="null"/> by default: the virtual host's default.</value>
    public QueueType? TransientQueueType { get; set; }

    /// <summary>Gets or sets whether queues and exchanges outlive a restart of the broker, where their description does not say.</summary>
    /// <value><see langword="true"/> by default. Quorum queues are always durable.</value>
    public bool Durable { get; set; } = true;

    /// <summary>Gets or sets whether the broker deletes queues with their last consumer, and exchanges with their last binding, where their description does not say.</summary>
    /// <value><see langword="false"/> by default. Quorum queues never are.</value>
    public bool AutoDelete { get; set; }

    /// <summary>Gets or sets how often quorum queues deliver a message before they dead-letter or drop it.</summary>
    /// <value><see langword="null"/> by default: the broker's own limit. Otherwise at least 1.</value>
    public int? DeliveryLimit { get; set; }

    /// <summary>Gets or sets how many messages a quorum queue keeps in memory (<c>x-max-in-memory-length</c>).</summary>
    /// <value><see langword="null"/> by default: the broker decides. Otherwise at least 1.</value>
    public long? MaxInMemoryLength { get; set; }

    /// <summary>Gets or sets how many bytes of bodies a quorum queue keeps in memory (<c>x-max-in-memory-bytes</c>).</summary>
    /// <value><see langword="null"/> by default: the broker decides. Otherwise at least 1.</value>
    public long? MaxInMemoryBytes { get; set; }

    /// <summary>Gets or sets how long an unused queue that is described as not durable exists (<c>x-expires</c>).</summary>
    /// <value><see langword="null"/> by default: for ever. Otherwise 1 millisecond to 49 days.</value>
    public TimeSpan? TransientQueueExpiry { get; set; }

    /// <summary>Gets or sets a value indicating whether queues carry the argument <c>x-ha-policy: all</c>, as old OpenStack declares them. Brokers ignore it since RabbitMQ 3.0, but a declaration must equal an existing queue.</summary>
    /// <value><see langword="false"/> by default. Not together with quorum queues.</value>
    public bool HaPolicyArgument { get; set; }

    internal DeclarationDefaults Copy() => (DeclarationDefaults)MemberwiseClone();
}
