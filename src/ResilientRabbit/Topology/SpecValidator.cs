namespace ResilientRabbit.Declaring;

/// <summary>Refuses descriptions that the broker would answer with a closed channel or, for an exchange type, with a closed connection.</summary>
internal static class SpecValidator
{
    /// <summary>What a quorum queue refuses or silently ignores.</summary>
    private static readonly string[] NotOnQuorum = ["x-max-priority", "x-queue-mode", "x-queue-master-locator", "x-ha-policy"];

    public static void Validate(ExchangeSpec exchange)
    {
        EntityName.ValidateDeclared(exchange.Name, "exchange", nameof(exchange));
        ArgumentNullException.ThrowIfNull(exchange.Type, nameof(exchange));
        if (exchange.Type is not ("direct" or "fanout" or "topic" or "headers") && !exchange.Type.StartsWith("x-", StringComparison.Ordinal))
        {
            throw new ArgumentException($"The exchange '{exchange.Name}' has the unknown type '{exchange.Type}': the broker would close the connection.", nameof(exchange));
        }

        EntityName.ValidateText(exchange.Type, $"The type of the exchange '{exchange.Name}'", nameof(exchange));
    }

    public static void Validate(QueueSpec queue)
    {
        EntityName.ValidateDeclared(queue.Name, "queue", nameof(queue));
        ArgumentNullException.ThrowIfNull(queue.Arguments, nameof(queue));
        ValidateType(queue);
        if (QueueArguments.IsQuorum(queue))
        {
            ValidateQuorum(queue);
        }
        else if (queue.DeliveryLimit is not null)
        {
            throw Invalid(queue, "DeliveryLimit is known to quorum queues only");
        }

        ValidateLimits(queue);
        foreach (string key in QueueArguments.OfProperties(queue).Keys)
        {
            if (queue.Arguments.ContainsKey(key))
            {
                throw Invalid(queue, $"the argument '{key}' is given twice, as a property and in Arguments");
            }
        }
    }

    public static void Validate(BindingSpec binding)
    {
        EntityName.Validate(binding.Queue, "queue", nameof(binding));
        EntityName.Validate(binding.Exchange, "exchange", nameof(binding));
        EntityName.ValidateText(binding.RoutingKey, "The routing key", nameof(binding));
    }

    private static void ValidateType(QueueSpec queue)
    {
        if (queue.Type is { } type && !Enum.IsDefined(type))
        {
            throw Invalid(queue, FormattableString.Invariant($"the type {(int)type} is not known"));
        }

        if (queue.Arguments.TryGetValue(QueueArguments.Type, out object? value) && value is not ("classic" or "quorum" or "stream"))
        {
            throw Invalid(queue, $"the argument '{QueueArguments.Type}' must be 'classic', 'quorum' or 'stream'");
        }
    }

    private static void ValidateQuorum(QueueSpec queue)
    {
        if (queue.Durable == false || queue.Exclusive || queue.AutoDelete == true)
        {
            throw Invalid(queue, "a quorum queue is durable, and neither exclusive nor auto-deleted");
        }

        foreach (string key in NotOnQuorum)
        {
            if (queue.Arguments.ContainsKey(key))
            {
                throw Invalid(queue, $"a quorum queue does not know the argument '{key}'");
            }
        }
    }

    private static void ValidateLimits(QueueSpec queue)
    {
        if (queue.DeliveryLimit is < 0)
        {
            throw Invalid(queue, FormattableString.Invariant($"DeliveryLimit is {queue.DeliveryLimit}; it must not be negative"));
        }

        if (queue.MessageTtl is { } ttl && (ttl < TimeSpan.Zero || ttl.TotalMilliseconds > uint.MaxValue))
        {
            throw Invalid(queue, FormattableString.Invariant($"MessageTtl is {ttl}; it must be between zero and {uint.MaxValue} milliseconds"));
        }

        if (queue.DeadLetterExchange is { Length: > 0 } exchange)
        {
            EntityName.Validate(exchange, "dead-letter exchange", nameof(queue));
        }

        if (queue.DeadLetterRoutingKey is { } routingKey)
        {
            EntityName.ValidateText(routingKey, "The dead-letter routing key", nameof(queue));
            if (queue.DeadLetterExchange is null && !queue.Arguments.ContainsKey(QueueArguments.DeadLetterExchange))
            {
                throw Invalid(queue, "DeadLetterRoutingKey needs a DeadLetterExchange");
            }
        }
    }

    private static ArgumentException Invalid(QueueSpec queue, string why) => new($"The queue '{queue.Name}' cannot be declared: {why}.", nameof(queue));
}
