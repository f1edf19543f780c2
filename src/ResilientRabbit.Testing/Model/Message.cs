namespace ResilientRabbit.Testing.Model;

/// <summary>
/// A published message. What the routing and the queues want to know of its properties is asked for by name, so that the server can answer
/// from the bytes it received and decode only what is asked.
/// </summary>
internal abstract class Message(string exchange, string routingKey)
{
    /// <summary>The exchange it was published to; after dead-lettering the dead-letter exchange.</summary>
    public string Exchange { get; } = exchange;

    /// <summary>The routing key it was published with.</summary>
    public string RoutingKey { get; } = routingKey;

    /// <summary>Further routing keys out of the CC and BCC headers.</summary>
    public IReadOnlyList<string> ExtraKeys { get; init; } = [];

    /// <summary>Length of the body in bytes.</summary>
    public abstract int BodyLength { get; }

    /// <summary>The expiration property: milliseconds in decimal digits, checked when the message was published.</summary>
    public abstract string? Expiration { get; }

    /// <summary>The priority property.</summary>
    public abstract byte? Priority { get; }

    /// <summary>Delivery mode 2: survives a restart in a durable queue.</summary>
    public abstract bool IsPersistent { get; }

    /// <summary>The headers, or null.</summary>
    public abstract IReadOnlyDictionary<string, object?>? Headers { get; }

    /// <summary>A dead-lettered copy: new target, other headers, no expiration.</summary>
    public abstract Message DeadLettered(string exchange, string routingKey, IReadOnlyList<string> extraKeys, IReadOnlyDictionary<string, object?> headers);
}
