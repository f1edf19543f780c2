namespace ResilientRabbit.Testing;

/// <summary>A message as it stands in a queue of a <see cref="TestBroker"/>, or one to be put there.</summary>
public sealed record BrokerMessage
{
    /// <summary>The exchange it was published to.</summary>
    /// <value>Default: the default exchange.</value>
    public string Exchange { get; init; } = string.Empty;

    /// <summary>The routing key.</summary>
    /// <value>Default: empty.</value>
    public string RoutingKey { get; init; } = string.Empty;

    /// <summary>The body.</summary>
    /// <value>Default: empty.</value>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The headers. Values: string, byte[], bool, numbers, tables (dictionaries with string keys), lists, null; time stamps come out as seconds.</summary>
    /// <value>Default: null.</value>
    public IReadOnlyDictionary<string, object?>? Headers { get; init; }

    /// <summary>The message-id.</summary>
    /// <value>Default: null.</value>
    public string? MessageId { get; init; }

    /// <summary>The correlation-id.</summary>
    /// <value>Default: null.</value>
    public string? CorrelationId { get; init; }

    /// <summary>Where replies go.</summary>
    /// <value>Default: null.</value>
    public string? ReplyTo { get; init; }

    /// <summary>The content type.</summary>
    /// <value>Default: null.</value>
    public string? ContentType { get; init; }

    /// <summary>The application's type.</summary>
    /// <value>Default: null.</value>
    public string? Type { get; init; }

    /// <summary>The priority.</summary>
    /// <value>Default: null.</value>
    public byte? Priority { get; init; }

    /// <summary>Time to live in milliseconds, in decimal digits.</summary>
    /// <value>Default: null.</value>
    public string? Expiration { get; init; }

    /// <summary>Whether it is persistent.</summary>
    /// <value>Default: true.</value>
    public bool IsPersistent { get; init; } = true;

    /// <summary>Whether it was delivered before. Only read.</summary>
    /// <value>Default: false.</value>
    public bool Redelivered { get; init; }

    /// <summary>Whether somebody holds it unacknowledged. Only read.</summary>
    /// <value>Default: false.</value>
    public bool IsUnacked { get; init; }
}
