namespace ResilientRabbit.Declaring;

/// <summary>The arguments that the properties of a queue's description stand for.</summary>
internal static class QueueArguments
{
    public const string Type = "x-queue-type";
    public const string DeliveryLimit = "x-delivery-limit";
    public const string DeadLetterExchange = "x-dead-letter-exchange";
    public const string DeadLetterRoutingKey = "x-dead-letter-routing-key";
    public const string MessageTtl = "x-message-ttl";

    public static bool IsQuorum(QueueSpec spec) =>
        spec.Type == QueueType.Quorum || (spec.Arguments.TryGetValue(Type, out object? type) && type is "quorum");

    public static bool IsStream(QueueSpec spec) => spec.Arguments.TryGetValue(Type, out object? type) && type is "stream";

    /// <summary>The whole table, new for each declaration because the driver takes a mutable one.</summary>
    public static Dictionary<string, object?> Of(QueueSpec spec)
    {
        Dictionary<string, object?> table = OfProperties(spec);
        foreach ((string key, object? value) in spec.Arguments)
        {
            table[key] = value;
        }

        return table;
    }

    public static Dictionary<string, object?> OfProperties(QueueSpec spec)
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (spec.Type is { } type)
        {
            table[Type] = type == QueueType.Quorum ? "quorum" : "classic";
        }

        AddIfSet(table, DeliveryLimit, spec.DeliveryLimit is { } limit ? (long)limit : null);
        AddIfSet(table, DeadLetterExchange, spec.DeadLetterExchange);
        AddIfSet(table, DeadLetterRoutingKey, spec.DeadLetterRoutingKey);
        AddIfSet(table, MessageTtl, spec.MessageTtl is { } ttl ? (long)ttl.TotalMilliseconds : null);
        return table;
    }

    private static void AddIfSet(Dictionary<string, object?> table, string key, object? value)
    {
        if (value is not null)
        {
            table[key] = value;
        }
    }
}
