namespace ResilientRabbit.Management;

/// <summary>A dynamic shovel: takes messages from a queue or exchange of one cluster and publishes them to another.</summary>
public sealed record Shovel
{
    /// <summary>Gets the name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the addresses of the source's nodes as AMQP URIs; <c>amqp://</c> is this cluster itself. They may hold passwords, so they are not part of <see cref="ToString"/>.</summary>
    public required IReadOnlyList<string> SourceUris { get; init; }

    /// <summary>Gets the queue that is read; either this or <see cref="SourceExchange"/>.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? SourceQueue { get; init; }

    /// <summary>Gets the exchange that a queue of the shovel is bound to.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? SourceExchange { get; init; }

    /// <summary>Gets the routing key of that binding.</summary>
    /// <value><see langword="null"/> by default: empty.</value>
    public string? SourceExchangeKey { get; init; }

    /// <summary>Gets the number of unacknowledged messages that may be under way.</summary>
    /// <value><see langword="null"/> by default: the broker's, 1000.</value>
    public int? SourcePrefetch { get; init; }

    /// <summary>Gets a value indicating whether the shovel deletes itself when it has moved what was in the queue at its start.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool StopsAtQueueLength { get; init; }

    /// <summary>Gets the addresses of the destination's nodes as AMQP URIs; <c>amqp://</c> is this cluster itself. They may hold passwords, so they are not part of <see cref="ToString"/>.</summary>
    public required IReadOnlyList<string> DestinationUris { get; init; }

    /// <summary>Gets the queue that is written to; either this or <see cref="DestinationExchange"/>, or neither, for the exchange and routing key that a message has.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? DestinationQueue { get; init; }

    /// <summary>Gets the exchange that is published to.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? DestinationExchange { get; init; }

    /// <summary>Gets the routing key of all messages.</summary>
    /// <value><see langword="null"/> by default: each message keeps its own.</value>
    public string? DestinationExchangeKey { get; init; }

    /// <summary>Gets when a message is acknowledged at the source.</summary>
    /// <value><see cref="TransferAckMode.OnConfirm"/> by default.</value>
    public TransferAckMode AckMode { get; init; }

    /// <summary>Gets how long the shovel waits before it connects again; whole seconds are sent, rounded up. With zero it ends at its first loss.</summary>
    /// <value><see langword="null"/> by default: the broker's, 1 second.</value>
    public TimeSpan? ReconnectDelay { get; init; }

    /// <summary>Gets a value indicating whether messages get headers that tell where they come from.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool AddForwardHeaders { get; init; }

    /// <summary>Returns the name.</summary>
    /// <returns>A text without the URIs.</returns>
    public override string ToString() => $"shovel '{Name}'";
}
