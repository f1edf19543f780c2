namespace ResilientRabbit.Declaring;

/// <summary>Refuses descriptions that the broker would answer with a closed channel or, for an exchange type, with a closed connection.</summary>
internal static class SpecValidator
{
    private const string Exchange = "exchange";
    private const string Queue = "queue";
    private const string Binding = "binding";

    /// <summary>What a quorum queue refuses or silently ignores.</summary>
    private static readonly string[] NotOnQuorum = ["x-max-priority", "x-queue-mode", "x-queue-master-locator", "x-ha-policy"];

    public static void Validate(ExchangeSpec spec)
    {
        EntityName.ValidateDeclared(spec.Name, Exchange, Exchange);
        ArgumentNullException.ThrowIfNull(spec.Type, Exchange);
        if (spec.Type is not ("direct" or "fanout" or "topic" or "headers") && !spec.Type.StartsWith("x-", StringComparison.Ordinal))
        {
            throw new ArgumentException($"The exchange '{spec.Name}' has the unknown type '{spec.Type}': the broker would close the connection.", Exchange);
        }

        EntityName.ValidateText(spec.Type, $"The type of the exchange '{spec.Name}'", Exchange);
    }

    public static void Validate(QueueSpec spec)
    {
        EntityName.ValidateDeclared(spec.Name, Queue, Queue);
        ArgumentNullException.ThrowIfNull(spec.Arguments, Queue);
        ValidateType(spec);
        if (QueueArguments.IsQuorum(spec))
        {
            ValidateQuorum(spec);
        }
        else if (spec.DeliveryLimit is not null)
        {
            throw Invalid(spec, "DeliveryLimit is known to quorum queues only");
        }

        ValidateLimits(spec);
        foreach (string key in QueueArguments.OfProperties(spec).Keys)
        {
            if (spec.Arguments.ContainsKey(key))
            {
                throw Invalid(spec, $"the argument '{key}' is given twice, as a property and in Arguments");
            }
        }
    }

    public static void Validate(BindingSpec spec)
    {
        EntityName.Validate(spec.Queue, Queue, Binding);
        EntityName.Validate(spec.Exchange, Exchange, Binding);
        EntityName.ValidateText(spec.RoutingKey, "The routing key", Binding);
    }

    private static void ValidateType(QueueSpec spec)
    {
        if (spec.Type is { } type && !Enum.IsDefined(type))
        {
            throw Invalid(spec, $"the type {(int)type} is not known");
        }

        if (spec.Arguments.TryGetValue(QueueArguments.Type, out object? value) && value is not ("classic" or "quorum" or "stream"))
        {
            throw Invalid(spec, $"the argument '{QueueArguments.Type}' must be 'classic', 'quorum' or 'stream'");
        }
    }

    private static void ValidateQuorum(QueueSpec spec)
    {
        if (!spec.Durable || spec.Exclusive || spec.AutoDelete)
        {
            throw Invalid(spec, "a quorum queue is durable, and neither exclusive nor auto-deleted");
        }

        foreach (string key in NotOnQuorum)
        {
            if (spec.Arguments.ContainsKey(key))
            {
                throw Invalid(spec, $"a quorum queue does not know the argument '{key}'");
            }
        }
    }

    private static void ValidateLimits(QueueSpec spec)
    {
        if (spec.DeliveryLimit is < 0)
        {
            throw Invalid(spec, $"DeliveryLimit is {spec.DeliveryLimit}; it must not be negative");
        }

        if (spec.MessageTtl is { } ttl && (ttl < TimeSpan.Zero || ttl.TotalMilliseconds > uint.MaxValue))
        {
            throw Invalid(spec, $"MessageTtl is {ttl}; it must be between zero and {uint.MaxValue} milliseconds");
        }

        if (spec.DeadLetterExchange is { Length: > 0 } exchange)
        {
            EntityName.Validate(exchange, "dead-letter exchange", Queue);
        }

        if (spec.DeadLetterRoutingKey is { } routingKey)
        {
            EntityName.ValidateText(routingKey, "The dead-letter routing key", Queue);
            if (spec.DeadLetterExchange is null && !spec.Arguments.ContainsKey(QueueArguments.DeadLetterExchange))
            {
                throw Invalid(spec, "DeadLetterRoutingKey needs a DeadLetterExchange");
            }
        }
    }

    private static ArgumentException Invalid(QueueSpec spec, string why) => new($"The queue '{spec.Name}' cannot be declared: {why}.", Queue);
}
