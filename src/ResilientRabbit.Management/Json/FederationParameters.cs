using System.Text.Json;
using static ResilientRabbit.Management.Json.TransferParameters;

namespace ResilientRabbit.Management.Json;

/// <summary>Upstreams and their sets as runtime parameters.</summary>
internal static class FederationParameters
{
    public const string Upstream = "federation-upstream";
    public const string UpstreamSet = "federation-upstream-set";

    private const string UpstreamKey = "upstream";

    public static Dictionary<string, object?> Of(FederationUpstream upstream)
    {
        Dictionary<string, object?> value = new(StringComparer.Ordinal) { ["uri"] = upstream.Uris, [AckMode] = TextOf(upstream.AckMode) };
        AddIfSet(value, "prefetch-count", upstream.Prefetch);
        AddIfSet(value, ReconnectDelay, SecondsOf(upstream.ReconnectDelay));
        AddIfSet(value, "max-hops", upstream.MaxHops);
        AddIfSet(value, "exchange", upstream.Exchange);
        AddIfSet(value, "queue", upstream.Queue);
        AddIfSet(value, "expires", MillisecondsOf(upstream.Expires));
        AddIfSet(value, "message-ttl", MillisecondsOf(upstream.MessageTtl));
        AddIfSet(value, "queue-type", upstream.QueueType?.ToString().ToLowerInvariant());
        AddIfSet(value, "trust-user-id", upstream.TrustUserId ? true : null);
        return value;
    }

    public static FederationUpstream UpstreamOf(ParameterInfo parameter)
    {
        JsonElement value = parameter.Value;
        return new FederationUpstream
        {
            Name = parameter.Name,
            Uris = ReadTexts(value, "uri"),
            AckMode = ReadAckMode(value),
            Prefetch = ReadCount(value, "prefetch-count"),
            ReconnectDelay = ReadTime(value, ReconnectDelay, TimeSpan.FromSeconds(1)),
            MaxHops = ReadCount(value, "max-hops"),
            Exchange = ReadText(value, "exchange"),
            Queue = ReadText(value, "queue"),
            Expires = ReadTime(value, "expires", TimeSpan.FromMilliseconds(1)),
            MessageTtl = ReadTime(value, "message-ttl", TimeSpan.FromMilliseconds(1)),
            QueueType = Enum.TryParse(ReadText(value, "queue-type"), ignoreCase: true, out QueueType type) && Enum.IsDefined(type) ? type : null,
            TrustUserId = ReadFlag(value, "trust-user-id"),
        };
    }

    public static object[] Of(FederationUpstreamSet set)
        => [.. set.Upstreams.Select(static name => new Dictionary<string, object?>(StringComparer.Ordinal) { [UpstreamKey] = name })];

    public static FederationUpstreamSet SetOf(ParameterInfo parameter) => new(
        parameter.Name,
        parameter.Value.ValueKind == JsonValueKind.Array ? [.. parameter.Value.EnumerateArray().Select(static item => ReadText(item, UpstreamKey)).OfType<string>()] : []);
}
