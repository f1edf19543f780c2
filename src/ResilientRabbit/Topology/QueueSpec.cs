using System.Collections.ObjectModel;

namespace ResilientRabbit;

/// <summary>Describes a queue to declare.</summary>
public sealed record QueueSpec
{
    /// <summary>Gets the name: 1 to 255 bytes of UTF-8, not beginning with <c>amq.</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the kind of queue.</summary>
    /// <value><see langword="null"/> by default: <see cref="DeclarationDefaults.QueueType"/> of the client, else the virtual host's default, classic unless the operator says otherwise.</value>
    public QueueType? Type { get; init; }

    /// <summary>Gets a value indicating whether the queue outlives a restart of the broker.</summary>
    /// <value><see langword="null"/> by default: <see cref="DeclarationDefaults.Durable"/> of the client, which is <see langword="true"/> by default.</value>
    public bool? Durable { get; init; }

    /// <summary>Gets a value indicating whether the queue belongs to the connection that declared it and dies with it.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool Exclusive { get; init; }

    /// <summary>Gets a value indicating whether the broker deletes the queue with its last consumer.</summary>
    /// <value><see langword="null"/> by default: <see cref="DeclarationDefaults.AutoDelete"/> of the client, which is <see langword="false"/> by default.</value>
    public bool? AutoDelete { get; init; }

    /// <summary>Gets how often a quorum queue delivers a message before it dead-letters or drops it.</summary>
    /// <value><see langword="null"/> by default: <see cref="DeclarationDefaults.DeliveryLimit"/> of the client, else the broker's own limit, none before RabbitMQ 4.0 and 20 from then on.</value>
    public int? DeliveryLimit { get; init; }

    /// <summary>Gets the exchange that receives what the broker gives up; empty for the default exchange.</summary>
    /// <value><see langword="null"/> by default: such messages are dropped.</value>
    public string? DeadLetterExchange { get; init; }

    /// <summary>Gets the routing key of dead-lettered messages.</summary>
    /// <value><see langword="null"/> by default: they keep their own.</value>
    public string? DeadLetterRoutingKey { get; init; }

    /// <summary>Gets how long a message may stay in the queue; whole milliseconds are sent.</summary>
    /// <value><see langword="null"/> by default: for ever.</value>
    public TimeSpan? MessageTtl { get; init; }

    /// <summary>Gets further arguments of the declaration, for example <c>x-max-length</c>.</summary>
    /// <value>Empty by default.</value>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ReadOnlyDictionary<string, object?>.Empty;
}
