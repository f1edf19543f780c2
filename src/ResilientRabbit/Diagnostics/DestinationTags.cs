using System.Collections.Concurrent;

namespace ResilientRabbit.Diagnostics;

/// <summary>The tags of published messages for one broker endpoint, made once for each exchange. Thread-safe.</summary>
internal sealed class DestinationTags(ClientTelemetry client, string? host, int port)
{
    /// <summary>Names of exchanges are few; a program that makes them up must not fill the memory of whoever collects.</summary>
    private const int MaxDestinations = 500;

    private readonly ConcurrentDictionary<string, KeyValuePair<string, object?>[]> _byExchange = new(StringComparer.Ordinal);

    /// <summary>The tags of a message that was confirmed.</summary>
    public KeyValuePair<string, object?>[] Of(string exchange)
    {
        if (_byExchange.TryGetValue(exchange, out KeyValuePair<string, object?>[]? tags))
        {
            return tags;
        }

        bool isKnown = _byExchange.Count < MaxDestinations;
        tags = Build(isKnown ? TelemetryTags.ExchangeName(exchange) : TelemetryTags.Other);
        return isKnown ? _byExchange.GetOrAdd(exchange, tags) : tags;
    }

    /// <summary>The tags of a message that was not confirmed.</summary>
    public KeyValuePair<string, object?>[] Of(string exchange, string errorType) => [.. Of(exchange), TelemetryTags.Of(TelemetryTags.ErrorType, errorType)];

    private KeyValuePair<string, object?>[] Build(string destination)
    {
        List<KeyValuePair<string, object?>> tags =
        [
            TelemetryTags.Of(TelemetryTags.System, TelemetryTags.SystemRabbit),
            TelemetryTags.Of(TelemetryTags.OperationName, TelemetryTags.Publish),
            TelemetryTags.Of(TelemetryTags.OperationType, TelemetryTags.Send),
            TelemetryTags.Of(TelemetryTags.Destination, destination),
            client.NameTag,
        ];
        if (host is not null)
        {
            tags.Add(TelemetryTags.Of(TelemetryTags.ServerAddress, host));
            tags.Add(TelemetryTags.Of(TelemetryTags.ServerPort, port));
        }

        return [.. tags];
    }
}
