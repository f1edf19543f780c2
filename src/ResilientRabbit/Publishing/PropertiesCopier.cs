using System.Globalization;
using RabbitMQ.Client;

namespace ResilientRabbit.Publishing;

/// <summary>Copies the caller's properties into a pending message's own driver object, and refuses what the broker would close a channel for.</summary>
internal static class PropertiesCopier
{
    /// <summary>RabbitMQ refuses an expiration of 2^32 ms and more.</summary>
    private static readonly TimeSpan MaxExpiration = TimeSpan.FromMilliseconds(uint.MaxValue);

    /// <summary>Returns null when the properties can be sent, otherwise what is wrong with them.</summary>
    public static ArgumentException? Copy(MessageProperties source, PendingMessage message)
    {
        if (Check(source) is { } error)
        {
            return error;
        }

        BasicProperties target = message.Properties;
        target.CorrelationId = source.CorrelationId;
        target.ContentType = source.ContentType;
        target.ContentEncoding = source.ContentEncoding;
        target.ReplyTo = source.ReplyTo;
        target.Type = source.Type;
        target.AppId = source.AppId;
        target.UserId = source.UserId;
        target.Expiration = source.Expiration is { } expiration ? ((long)expiration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) : null;
        if (source.Timestamp is { } timestamp)
        {
            target.Timestamp = new AmqpTimestamp(timestamp.ToUnixTimeSeconds());
        }

        if (source.Priority is { } priority)
        {
            target.Priority = priority;
        }

        return source.HeadersOrNull is { } headers ? HeaderCopier.Copy(headers, message.Headers) : null;
    }

    /// <summary>Whether two messages have the same properties, their ids and headers aside.</summary>
    public static bool AreLike(BasicProperties one, BasicProperties other)
        => string.Equals(one.ContentType, other.ContentType, StringComparison.Ordinal)
            && string.Equals(one.ContentEncoding, other.ContentEncoding, StringComparison.Ordinal)
            && string.Equals(one.CorrelationId, other.CorrelationId, StringComparison.Ordinal)
            && string.Equals(one.ReplyTo, other.ReplyTo, StringComparison.Ordinal)
            && string.Equals(one.Type, other.Type, StringComparison.Ordinal)
            && string.Equals(one.AppId, other.AppId, StringComparison.Ordinal)
            && string.Equals(one.UserId, other.UserId, StringComparison.Ordinal)
            && string.Equals(one.Expiration, other.Expiration, StringComparison.Ordinal)
            && one.IsPriorityPresent() == other.IsPriorityPresent()
            && one.Priority == other.Priority
            && one.IsTimestampPresent() == other.IsTimestampPresent()
            && one.Timestamp.UnixTime == other.Timestamp.UnixTime;

    private static ArgumentException? Check(MessageProperties source)
    {
        if (source.Expiration is { } expiration && (expiration < TimeSpan.Zero || expiration > MaxExpiration))
        {
            return new ArgumentException($"Expiration is {expiration}; it must be between zero and {MaxExpiration}.", "properties");
        }

        return CheckText(source.MessageId, nameof(source.MessageId)) ?? CheckText(source.CorrelationId, nameof(source.CorrelationId))
            ?? CheckText(source.ContentType, nameof(source.ContentType)) ?? CheckText(source.ContentEncoding, nameof(source.ContentEncoding))
            ?? CheckText(source.ReplyTo, nameof(source.ReplyTo)) ?? CheckText(source.Type, nameof(source.Type))
            ?? CheckText(source.AppId, nameof(source.AppId)) ?? CheckText(source.UserId, nameof(source.UserId));
    }

    private static ArgumentException? CheckText(string? text, string name) => text is null ? null : NameRules.Check(text, name);
}
