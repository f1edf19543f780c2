using System.Globalization;
using ResilientRabbit.Consuming;

namespace ResilientRabbit.Bridging;

/// <summary>Builds what is published at the far side.</summary>
internal sealed class BridgeCopy(BridgeSettings settings)
{
    /// <summary>So many ordering keys, when no order is kept: enough to reach every lane.</summary>
    private const int Spread = 256;

    private readonly string[] _keys = [.. Enumerable.Range(0, settings.PreserveOrder ? 1 : Spread).Select(number => string.Create(CultureInfo.InvariantCulture, $"bridge {settings.Name} {number}"))];
    private uint _next;

    /// <summary>Builds the copy. Called for one message after the other.</summary>
    public OutboundMessage Of(ReceivedMessage message, IReadOnlyList<string> hops, out bool isMarked)
    {
        MessageProperties properties = ReceivedProperties.CopyOf(message);
        IDictionary<string, object?> headers = properties.Headers;
        string exchange = message.Exchange;
        string routingKey = message.RoutingKey;
        isMarked = message.Redelivered || IsRepeated(headers);
        if (headers.Remove(CopyHeaders.RetryReason))
        {
            // It comes from our retry queue: the way there is not the application's.
            exchange = TakeText(headers, CopyHeaders.OriginalExchange) ?? exchange;
            routingKey = TakeText(headers, CopyHeaders.OriginalRoutingKey) ?? routingKey;
            properties.Expiration = TakeExpiration(headers) ?? properties.Expiration;
            headers.Remove(CopyHeaders.Attempt);
            ForgetOwnDeaths(headers);
        }

        Clean(properties, headers);
        properties.MessageId ??= settings.MessageId?.Invoke(message);
        if (!settings.KeepExpiration)
        {
            properties.Expiration = null;
        }

        // The sender's choice, and not the default of our publisher: without the property a message is transient.
        properties.Persistent ??= false;
        settings.Rewrite?.Invoke(message, properties);
        headers[BridgeHeaders.Hops] = new List<object?>([.. hops, settings.Name]);
        if (isMarked)
        {
            headers[BridgeHeaders.Redelivered] = true;
        }

        return new OutboundMessage
        {
            Exchange = settings.Exchange ?? exchange,
            RoutingKey = settings.RoutingKey ?? routingKey,
            Body = message.Body,
            Properties = properties,
            OrderingKey = _keys[_next++ % (uint)_keys.Length],
            DeliveryTimeout = settings.DeliveryTimeout,

            // Without it the far broker confirms and drops what reaches no queue.
            Mandatory = true,
        };
    }

    /// <summary>The record of a message that has died nowhere but in our retry queue is no news to the far side.</summary>
    private void ForgetOwnDeaths(IDictionary<string, object?> headers)
    {
        string retryQueue = ConsumerSettings.RetryQueueOf(settings.Queue, settings.Consumer.RetryDelays[0]);
        if (headers.TryGetValue("x-first-death-queue", out object? first) && string.Equals(HeaderReader.Text(first), retryQueue, StringComparison.Ordinal))
        {
            headers.Remove(CopyHeaders.Deaths);
            foreach (string name in headers.Keys.Where(static name => name.StartsWith("x-first-death-", StringComparison.Ordinal) || name.StartsWith("x-last-death-", StringComparison.Ordinal)).ToArray())
            {
                headers.Remove(name);
            }
        }
    }

    private static bool IsRepeated(IDictionary<string, object?> headers) =>
        headers.Keys.Any(static name => name.StartsWith(CopyHeaders.PublisherPrefix + "attempt", StringComparison.Ordinal) || string.Equals(name, BridgeHeaders.Redelivered, StringComparison.Ordinal));

    /// <summary>Takes away or renames what the far broker would take for its own or act upon.</summary>
    private static void Clean(MessageProperties properties, IDictionary<string, object?> headers)
    {
        foreach (string name in headers.Keys.Where(static name => name.StartsWith(CopyHeaders.PublisherPrefix, StringComparison.Ordinal)).ToArray())
        {
            headers.Remove(name);
        }

        headers.Remove(CopyHeaders.DeliveryCount);
        headers.Remove(CopyHeaders.AcquiredCount);
        Rename(headers, CopyHeaders.CarbonCopy, CopyHeaders.OriginalCarbonCopy);
        Rename(headers, CopyHeaders.Deaths, BridgeHeaders.EarlierDeaths);
        if (properties.UserId is { } user)
        {
            headers[CopyHeaders.OriginalUserId] = user;
            properties.UserId = null;
        }
    }

    private static void Rename(IDictionary<string, object?> headers, string from, string to)
    {
        if (headers.Remove(from, out object? value))
        {
            headers[to] = value;
        }
    }

    private static string? TakeText(IDictionary<string, object?> headers, string name) => headers.Remove(name, out object? value) ? HeaderReader.Text(value) : null;

    private static TimeSpan? TakeExpiration(IDictionary<string, object?> headers) =>
        headers.Remove(CopyHeaders.OriginalExpiration, out object? value) && HeaderReader.Number(value) is >= 0 and <= uint.MaxValue and { } milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
}
