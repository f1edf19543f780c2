using System.Globalization;
using RabbitMQ.Client;

namespace ResilientRabbit.Consuming;

/// <summary>Copies the driver's properties into ours, so that they can be published again.</summary>
internal static class ReceivedProperties
{
    /// <summary>A new copy each time: the copies for retrying and dead-lettering are changed.</summary>
    public static MessageProperties CopyOf(ReceivedMessage message)
    {
        MessageProperties copy = message.Source is { } source ? Copy(source) : new MessageProperties();
        copy.MessageId = message.MessageId;
        return copy;
    }

    private static MessageProperties Copy(IReadOnlyBasicProperties source)
    {
        var copy = new MessageProperties
        {
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
                copy.Headers[name] = value;
            }
        }

        return copy;
    }

    private static TimeSpan? Expiration(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static DateTimeOffset? Timestamp(long seconds) =>
        seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
