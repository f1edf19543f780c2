using System.Text.Json;
using static ResilientRabbit.Management.Json.TransferParameters;

namespace ResilientRabbit.Management.Json;

/// <summary>Dynamic shovels as runtime parameters.</summary>
internal static class ShovelParameters
{
    public const string Component = "shovel";

    private const string Protocol = "amqp091";
    private const string QueueLength = "queue-length";

    public static Dictionary<string, object?> Of(Shovel shovel)
    {
        Dictionary<string, object?> value = new(StringComparer.Ordinal)
        {
            ["src-protocol"] = Protocol,
            ["src-uri"] = shovel.SourceUris,
            ["dest-protocol"] = Protocol,
            ["dest-uri"] = shovel.DestinationUris,
            [AckMode] = TextOf(shovel.AckMode),
        };
        AddIfSet(value, "src-queue", shovel.SourceQueue);
        AddIfSet(value, "src-exchange", shovel.SourceExchange);
        AddIfSet(value, "src-exchange-key", shovel.SourceExchangeKey);
        AddIfSet(value, "src-prefetch-count", shovel.SourcePrefetch);
        AddIfSet(value, "src-delete-after", shovel.StopsAtQueueLength ? QueueLength : null);
        AddIfSet(value, "dest-queue", shovel.DestinationQueue);
        AddIfSet(value, "dest-exchange", shovel.DestinationExchange);
        AddIfSet(value, "dest-exchange-key", shovel.DestinationExchangeKey);
        AddIfSet(value, ReconnectDelay, SecondsOf(shovel.ReconnectDelay));
        AddIfSet(value, "dest-add-forward-headers", shovel.AddForwardHeaders ? true : null);
        return value;
    }

    public static Shovel ShovelOf(ParameterInfo parameter)
    {
        JsonElement value = parameter.Value;
        return new Shovel
        {
            Name = parameter.Name,
            SourceUris = ReadTexts(value, "src-uri"),
            SourceQueue = ReadText(value, "src-queue"),
            SourceExchange = ReadText(value, "src-exchange"),
            SourceExchangeKey = ReadText(value, "src-exchange-key"),
            SourcePrefetch = ReadCount(value, "src-prefetch-count") ?? ReadCount(value, "prefetch-count"),
            StopsAtQueueLength = string.Equals(ReadText(value, "src-delete-after") ?? ReadText(value, "delete-after"), QueueLength, StringComparison.Ordinal),
            DestinationUris = ReadTexts(value, "dest-uri"),
            DestinationQueue = ReadText(value, "dest-queue"),
            DestinationExchange = ReadText(value, "dest-exchange"),
            DestinationExchangeKey = ReadText(value, "dest-exchange-key"),
            AckMode = ReadAckMode(value),
            ReconnectDelay = ReadTime(value, ReconnectDelay, TimeSpan.FromSeconds(1)),
            AddForwardHeaders = ReadFlag(value, "dest-add-forward-headers") || ReadFlag(value, "add-forward-headers"),
        };
    }
}
