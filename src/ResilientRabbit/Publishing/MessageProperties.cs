namespace ResilientRabbit;

/// <summary>The AMQP 0-9-1 basic properties that a message travels with (specification, section 4.2.6.1 and class <c>basic</c>).</summary>
/// <remarks>Copied at the publishing call: an instance may be reused and changed afterwards. Not thread-safe while a call copies it.</remarks>
public sealed class MessageProperties
{
    /// <summary>Gets or sets the message-id; the SDK makes one when it is <see langword="null"/>. At most 255 bytes of UTF-8.</summary>
    public string? MessageId { get; set; }

    /// <summary>Gets or sets the correlation-id. At most 255 bytes of UTF-8.</summary>
    public string? CorrelationId { get; set; }

    /// <summary>Gets or sets the content-type, for example <c>application/json</c>. At most 255 bytes of UTF-8.</summary>
    public string? ContentType { get; set; }

    /// <summary>Gets or sets the content-encoding. At most 255 bytes of UTF-8.</summary>
    public string? ContentEncoding { get; set; }

    /// <summary>Gets or sets the address for replies. At most 255 bytes of UTF-8.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>Gets or sets the application's type name of the message. At most 255 bytes of UTF-8.</summary>
    public string? Type { get; set; }

    /// <summary>Gets or sets the id of the publishing application. At most 255 bytes of UTF-8.</summary>
    public string? AppId { get; set; }

    /// <summary>Gets or sets the user-id; the broker refuses one that is not the connection's user. At most 255 bytes of UTF-8.</summary>
    public string? UserId { get; set; }

    /// <summary>Gets or sets how long the message may stay in a queue; whole milliseconds are sent.</summary>
    public TimeSpan? Expiration { get; set; }

    /// <summary>Gets or sets the priority, 0 to 255.</summary>
    public byte? Priority { get; set; }

    /// <summary>Gets or sets the time stamp; whole seconds are sent.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    /// <summary>Gets or sets whether durable queues write the message to disk; <see langword="null"/> takes <see cref="PublisherOptions.Persistent"/>.</summary>
    public bool? Persistent { get; set; }

    /// <summary>
    /// Gets the headers. Values may be <see langword="null"/>, <see cref="string"/>, <see cref="bool"/>, the integer types up to 64 bit signed,
    /// <see cref="float"/>, <see cref="double"/>, <see cref="decimal"/> (RabbitMQ's 32-bit mantissa), byte arrays, and lists and string-keyed dictionaries of these,
    /// nested at most 32 deep. Names that begin with <c>x-publish-</c> belong to the SDK.
    /// </summary>
    public IDictionary<string, object?> Headers => _headers ??= new Dictionary<string, object?>(StringComparer.Ordinal);

    private Dictionary<string, object?>? _headers;

    internal IDictionary<string, object?>? HeadersOrNull => _headers is { Count: > 0 } ? _headers : null;
}
