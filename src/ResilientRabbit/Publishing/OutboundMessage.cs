namespace ResilientRabbit;

/// <summary>A message to publish.</summary>
/// <remarks>The body is not copied: it must not change until the publishing call has completed. Properties and headers are copied at the call.</remarks>
public readonly record struct OutboundMessage
{
    /// <summary>Gets the name of the exchange; empty for the default exchange.</summary>
    public required string Exchange { get; init; }

    /// <summary>Gets the routing key; the name of the queue on the default exchange.</summary>
    public required string RoutingKey { get; init; }

    /// <summary>Gets the body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Gets the AMQP properties and headers.</summary>
    public MessageProperties? Properties { get; init; }

    /// <summary>Gets the key whose messages keep their order; <see langword="null"/> takes the exchange and the routing key together.</summary>
    public string? OrderingKey { get; init; }

    /// <summary>Gets the time limit of this message; <see langword="null"/> takes <see cref="PublisherOptions.DeliveryTimeout"/>.</summary>
    public TimeSpan? DeliveryTimeout { get; init; }

    /// <summary>Gets whether a message that reaches no queue is returned; <see langword="null"/> takes <see cref="PublisherOptions.Mandatory"/>.</summary>
    public bool? Mandatory { get; init; }

    /// <summary>Gets whether it is a copy of what the broker holds already: no limit of ours may keep it from being retried or parked.</summary>
    internal bool IsCopy { get; init; }

    /// <summary>Returns the address and the size, never the content.</summary>
    /// <returns>For example <c>orders/eu (120 bytes)</c>.</returns>
    public override string ToString() => $"{Exchange}/{RoutingKey} ({Body.Length} bytes)";
}
