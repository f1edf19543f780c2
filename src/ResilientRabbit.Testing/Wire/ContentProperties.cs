namespace ResilientRabbit.Testing.Wire;

/// <summary>The fourteen properties of the class basic; null where a property is absent.</summary>
internal sealed record ContentProperties
{
    public string? ContentType { get; init; }

    public string? ContentEncoding { get; init; }

    public AmqpTable? Headers { get; init; }

    public byte? DeliveryMode { get; init; }

    public byte? Priority { get; init; }

    public string? CorrelationId { get; init; }

    public string? ReplyTo { get; init; }

    public string? Expiration { get; init; }

    public string? MessageId { get; init; }

    public ulong? Timestamp { get; init; }

    public string? Type { get; init; }

    public string? UserId { get; init; }

    public string? AppId { get; init; }

    public string? ClusterId { get; init; }

    /// <summary>Reads flags and list.</summary>
    /// <exception cref="AmqpWireException">They are malformed (502).</exception>
    public static ContentProperties Read(ReadOnlySpan<byte> properties)
    {
        var reader = new WireReader(properties);
        var flags = (PropertyFlags)reader.Short();
        if (((ushort)flags & 3) != 0)
        {
            throw AmqpWireException.Syntax("property flags that the class basic does not have");
        }

        var read = new ContentProperties
        {
            ContentType = Text(ref reader, flags, PropertyFlags.ContentType),
            ContentEncoding = Text(ref reader, flags, PropertyFlags.ContentEncoding),
            Headers = flags.HasFlag(PropertyFlags.Headers) ? reader.Table() : null,
            DeliveryMode = flags.HasFlag(PropertyFlags.DeliveryMode) ? reader.Octet() : null,
            Priority = flags.HasFlag(PropertyFlags.Priority) ? reader.Octet() : null,
            CorrelationId = Text(ref reader, flags, PropertyFlags.CorrelationId),
            ReplyTo = Text(ref reader, flags, PropertyFlags.ReplyTo),
            Expiration = Text(ref reader, flags, PropertyFlags.Expiration),
            MessageId = Text(ref reader, flags, PropertyFlags.MessageId),
            Timestamp = flags.HasFlag(PropertyFlags.Timestamp) ? reader.LongLong() : null,
            Type = Text(ref reader, flags, PropertyFlags.Type),
            UserId = Text(ref reader, flags, PropertyFlags.UserId),
            AppId = Text(ref reader, flags, PropertyFlags.AppId),
            ClusterId = Text(ref reader, flags, PropertyFlags.ClusterId),
        };
        return reader.AtEnd ? read : throw AmqpWireException.Syntax($"{reader.Remaining} bytes after the last property");
    }

    /// <summary>Flags and list, as a header frame holds them.</summary>
    public byte[] ToBytes()
    {
        using var writer = new WireWriter();
        Write(writer);
        return writer.Written.ToArray();
    }

    public void Write(WireWriter writer)
    {
        writer.Short((ushort)Flags());
        Text(writer, ContentType);
        Text(writer, ContentEncoding);
        if (Headers is not null)
        {
            writer.Table(Headers);
        }

        Octet(writer, DeliveryMode);
        Octet(writer, Priority);
        Text(writer, CorrelationId);
        Text(writer, ReplyTo);
        Text(writer, Expiration);
        Text(writer, MessageId);
        if (Timestamp is { } timestamp)
        {
            writer.LongLong(timestamp);
        }

        Text(writer, Type);
        Text(writer, UserId);
        Text(writer, AppId);
        Text(writer, ClusterId);
    }

    private static void Text(WireWriter writer, string? value)
    {
        if (value is not null)
        {
            writer.ShortString(value);
        }
    }

    private static void Octet(WireWriter writer, byte? value)
    {
        if (value is { } octet)
        {
            writer.Octet(octet);
        }
    }

    private static string? Text(ref WireReader reader, PropertyFlags flags, PropertyFlags flag) => flags.HasFlag(flag) ? reader.ShortString() : null;

    private static PropertyFlags Flag(object? value, PropertyFlags flag) => value is null ? PropertyFlags.None : flag;

    private PropertyFlags Flags()
        => Flag(ContentType, PropertyFlags.ContentType) | Flag(ContentEncoding, PropertyFlags.ContentEncoding) | Flag(Headers, PropertyFlags.Headers)
            | Flag(DeliveryMode, PropertyFlags.DeliveryMode) | Flag(Priority, PropertyFlags.Priority) | Flag(CorrelationId, PropertyFlags.CorrelationId)
            | Flag(ReplyTo, PropertyFlags.ReplyTo) | Flag(Expiration, PropertyFlags.Expiration) | Flag(MessageId, PropertyFlags.MessageId)
            | Flag(Timestamp, PropertyFlags.Timestamp) | Flag(Type, PropertyFlags.Type) | Flag(UserId, PropertyFlags.UserId)
            | Flag(AppId, PropertyFlags.AppId) | Flag(ClusterId, PropertyFlags.ClusterId);
}
