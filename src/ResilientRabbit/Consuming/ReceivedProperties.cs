using System.Collections;
using System.Globalization;
using RabbitMQ.Client;

namespace ResilientRabbit.Consuming;

/// <summary>Copies the driver's properties into ours, so that they can be published again.</summary>
internal static class ReceivedProperties
{
    /// <summary>A new copy each time: the copies for retrying and dead-lettering are changed.</summary>
    public static MessageProperties CopyOf(ReceivedMessage message) => message.Source is { } source ? Copy(source) : new MessageProperties { MessageId = message.MessageId };

    public static MessageProperties Copy(IReadOnlyBasicProperties source)
    {
        var copy = new MessageProperties
        {
            MessageId = source.MessageId,
            CorrelationId = source.CorrelationId,
            ContentType = source.ContentType,
            ContentEncoding = source.ContentEncoding,
            ReplyTo = source.ReplyTo,
            Type = source.Type,
            AppId = source.AppId,
            UserId = source.UserId,
            Expiration = Expiration(source.Expiration),
            Priority = source.IsPriorityPresent() ? source.Priority : null,
            Timestamp = source.IsTimestampPresent() ? Timestamp(source.Timestamp.UnixTime) : null,
            Persistent = source.IsDeliveryModePresent() ? source.Persistent : null,
        };
        if (source.Headers is { Count: > 0 } headers)
        {
            foreach ((string name, object? value) in headers)
            {
                copy.Headers[name] = Publishable(value);
            }
        }

        return copy;
    }

    /// <summary>The value as the publisher takes it: what the wire has and .NET has not becomes its nearest kin.</summary>
    private static object? Publishable(object? value) => value switch
    {
        null or string or byte[] => value,
        AmqpTimestamp timestamp => timestamp.UnixTime,
        BinaryTableValue binary => binary.Bytes,
        IDictionary<string, object?> table => Table(table),
        IList list => List(list),
        _ => value,
    };

    private static Dictionary<string, object?> Table(IDictionary<string, object?> table)
    {
        var copy = new Dictionary<string, object?>(table.Count, StringComparer.Ordinal);
        foreach ((string name, object? value) in table)
        {
            copy[name] = Publishable(value);
        }

        return copy;
    }

    private static List<object?> List(IList list)
    {
        var copy = new List<object?>(list.Count);
        foreach (object? item in list)
        {
            copy.Add(Publishable(item));
        }

        return copy;
    }

    private static TimeSpan? Expiration(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static DateTimeOffset? Timestamp(long seconds) =>
        seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
