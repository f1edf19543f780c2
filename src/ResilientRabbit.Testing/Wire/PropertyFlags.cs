namespace ResilientRabbit.Testing.Wire;

/// <summary>Which properties a content header holds; they follow in this order, from the highest bit.</summary>
[Flags]
internal enum PropertyFlags : ushort
{
    None = 0,
    ContentType = 1 << 15,
    ContentEncoding = 1 << 14,
    Headers = 1 << 13,
    DeliveryMode = 1 << 12,
    Priority = 1 << 11,
    CorrelationId = 1 << 10,
    ReplyTo = 1 << 9,
    Expiration = 1 << 8,
    MessageId = 1 << 7,
    Timestamp = 1 << 6,
    Type = 1 << 5,
    UserId = 1 << 4,
    AppId = 1 << 3,
    ClusterId = 1 << 2,

    /// <summary>Another word of flags follows; the class basic has none.</summary>
    Continued = 1,
}
