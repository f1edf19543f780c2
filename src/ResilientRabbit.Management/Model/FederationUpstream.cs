namespace ResilientRabbit.Management;

/// <summary>An upstream of federation: from where, and how, exchanges and queues of this cluster receive messages.</summary>
public sealed record FederationUpstream
{
    /// <summary>Gets the name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the addresses of the upstream's nodes as AMQP URIs; one of them is used at a time. They may hold passwords, so they are not part of <see cref="ToString"/>.</summary>
    public required IReadOnlyList<string> Uris { get; init; }

    /// <summary>Gets when the link acknowledges.</summary>
    /// <value><see cref="TransferAckMode.OnConfirm"/> by default.</value>
    public TransferAckMode AckMode { get; init; }

    /// <summary>Gets the number of unacknowledged messages that may be under way.</summary>
    /// <value><see langword="null"/> by default: the broker's, 1000.</value>
    public int? Prefetch { get; init; }

    /// <summary>Gets how long the link waits before it connects again; whole seconds are sent, rounded up.</summary>
    /// <value><see langword="null"/> by default: the broker's, 5 seconds.</value>
    public TimeSpan? ReconnectDelay { get; init; }

    /// <summary>Gets how many federation links a message may pass. Exchanges only.</summary>
    /// <value><see langword="null"/> by default: the broker's, 1.</value>
    public int? MaxHops { get; init; }

    /// <summary>Gets the name of the upstream exchange.</summary>
    /// <value><see langword="null"/> by default: the name of the federated one.</value>
    public string? Exchange { get; init; }

    /// <summary>Gets the name of the upstream queue.</summary>
    /// <value><see langword="null"/> by default: the name of the federated one.</value>
    public string? Queue { get; init; }

    /// <summary>Gets how long the upstream keeps what the link has not fetched once the link is gone; whole milliseconds are sent, rounded up. Exchanges only.</summary>
    /// <value><see langword="null"/> by default: for ever.</value>
    public TimeSpan? Expires { get; init; }

    /// <summary>Gets how long a message may wait for the link at the upstream; whole milliseconds are sent, rounded up. Exchanges only.</summary>
    /// <value><see langword="null"/> by default: for ever.</value>
    public TimeSpan? MessageTtl { get; init; }

    /// <summary>Gets the type of the queue at the upstream in which messages wait for the link: with <see cref="ResilientRabbit.QueueType.Quorum"/> it outlives the loss of a node. Exchanges only; from RabbitMQ 4.0 on, older ones refuse it.</summary>
    /// <value><see langword="null"/> by default: the broker's, classic. On 3.x a policy may mirror it.</value>
    public QueueType? QueueType { get; init; }

    /// <summary>Gets a value indicating whether the user-id of messages is kept.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool TrustUserId { get; init; }

    /// <summary>Returns the name.</summary>
    /// <returns>A text without the URIs.</returns>
    public override string ToString() => $"upstream '{Name}'";
}
