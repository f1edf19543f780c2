namespace ResilientRabbit.Declaring;

/// <summary>Fills in what descriptions leave open: the defaults for declarations of the client. The meaning is oslo.messaging's, from where they can come.</summary>
internal sealed class EffectiveSpecs(DeclarationDefaults defaults)
{
    private const string HaPolicy = "x-ha-policy";
    private const string Expires = "x-expires";
    private const string MaxInMemoryLength = "x-max-in-memory-length";
    private const string MaxInMemoryBytes = "x-max-in-memory-bytes";

    public Topology Of(Topology topology) => new([.. topology.Exchanges.Select(Of)], [.. topology.Queues.Select(Of)], topology.Bindings);

    // Exchanges of quorum queues outlive the broker, or the queues would come back without their bindings.
    private ExchangeSpec Of(ExchangeSpec exchange) => exchange with
    {
        Durable = exchange.Durable ?? (defaults.Durable || defaults.QueueType == QueueType.Quorum),
        AutoDelete = exchange.AutoDelete ?? defaults.AutoDelete,
    };

    private QueueSpec Of(QueueSpec queue)
    {
        bool isTransient = queue.Durable == false;
        bool mayBeTyped = queue is { Type: null, Exclusive: false } && queue.AutoDelete != true && !queue.Arguments.ContainsKey(QueueArguments.Type);
        QueueType? type = mayBeTyped ? isTransient ? defaults.TransientQueueType : defaults.QueueType : queue.Type;
        bool isQuorum = QueueArguments.IsQuorum(queue with { Type = type });
        bool takesLimit = isQuorum && queue.DeliveryLimit is null && !queue.Arguments.ContainsKey(QueueArguments.DeliveryLimit);
        return queue with
        {
            Type = type,
            Durable = isQuorum || (queue.Durable ?? (defaults.Durable || queue.Exclusive)),
            AutoDelete = !isQuorum && (queue.AutoDelete ?? defaults.AutoDelete),
            DeliveryLimit = takesLimit ? defaults.DeliveryLimit : queue.DeliveryLimit,
            Arguments = ArgumentsOf(queue, isTransient, isQuorum),
        };
    }

    private Dictionary<string, object?> ArgumentsOf(QueueSpec queue, bool isTransient, bool isQuorum)
    {
        Dictionary<string, object?> arguments = new(queue.Arguments, StringComparer.Ordinal);
        Add(arguments, Expires, isTransient && defaults.TransientQueueExpiry is { } expiry ? (long)expiry.TotalMilliseconds : null);
        Add(arguments, MaxInMemoryLength, isQuorum ? defaults.MaxInMemoryLength : null);
        Add(arguments, MaxInMemoryBytes, isQuorum ? defaults.MaxInMemoryBytes : null);
        Add(arguments, HaPolicy, defaults.HaPolicyArgument && !isQuorum ? "all" : null);
        return arguments;
    }

    private static void Add(Dictionary<string, object?> arguments, string key, object? value)
    {
        if (value is not null)
        {
            arguments.TryAdd(key, value);
        }
    }
}
