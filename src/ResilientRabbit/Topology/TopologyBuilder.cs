using System.Collections.ObjectModel;
using ResilientRabbit.Declaring;

namespace ResilientRabbit;

/// <summary>Collects exchanges, queues and bindings. What a broker would refuse for its form is refused here, before anything is sent.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TopologyBuilder
{
    private readonly List<ExchangeSpec> _exchanges = [];
    private readonly List<QueueSpec> _queues = [];
    private readonly List<BindingSpec> _bindings = [];

    /// <summary>Adds a durable exchange.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The type: <c>direct</c>, <c>fanout</c>, <c>topic</c>, <c>headers</c> or a plugin's type that begins with <c>x-</c>.</param>
    /// <param name="arguments">Further arguments, copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name, the type or an argument is not valid, or the exchange was added before.</exception>
    public TopologyBuilder Exchange(string name, string type = "direct", IReadOnlyDictionary<string, object?>? arguments = null) =>
        Exchange(new ExchangeSpec { Name = name, Type = type, Arguments = arguments ?? ReadOnlyDictionary<string, object?>.Empty });

    /// <summary>Adds an exchange.</summary>
    /// <param name="exchange">The description; its arguments are copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The description is not valid, or the exchange was added before.</exception>
    public TopologyBuilder Exchange(ExchangeSpec exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        SpecValidator.Validate(exchange);
        if (_exchanges.Exists(known => string.Equals(known.Name, exchange.Name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The exchange '{exchange.Name}' was added before.", nameof(exchange));
        }

        _exchanges.Add(exchange with { Arguments = ArgumentTable.Copy(exchange.Arguments, nameof(exchange)) });
        return this;
    }

    /// <summary>Adds a durable queue of the virtual host's default type.</summary>
    /// <param name="name">The name.</param>
    /// <param name="arguments">Further arguments, copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name or an argument is not valid, or the queue was added before.</exception>
    public TopologyBuilder Queue(string name, IReadOnlyDictionary<string, object?>? arguments = null) =>
        Queue(new QueueSpec { Name = name, Arguments = arguments ?? ReadOnlyDictionary<string, object?>.Empty });

    /// <summary>Adds a queue.</summary>
    /// <param name="queue">The description; its arguments are copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The description is not valid, or the queue was added before.</exception>
    public TopologyBuilder Queue(QueueSpec queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        SpecValidator.Validate(queue);
        if (_queues.Exists(known => string.Equals(known.Name, queue.Name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The queue '{queue.Name}' was added before.", nameof(queue));
        }

        _queues.Add(queue with { Arguments = ArgumentTable.Copy(queue.Arguments, nameof(queue)) });
        return this;
    }

    /// <summary>Adds a durable classic queue.</summary>
    /// <param name="name">The name.</param>
    /// <param name="arguments">Further arguments, copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name or an argument is not valid, or the queue was added before.</exception>
    public TopologyBuilder ClassicQueue(string name, IReadOnlyDictionary<string, object?>? arguments = null) =>
        Queue(new QueueSpec { Name = name, Type = QueueType.Classic, Arguments = arguments ?? ReadOnlyDictionary<string, object?>.Empty });

    /// <summary>Adds a quorum queue.</summary>
    /// <param name="name">The name.</param>
    /// <param name="deliveryLimit">How often a message is delivered before the broker dead-letters or drops it; <see langword="null"/> leaves it to the broker.</param>
    /// <param name="deadLetterExchange">The exchange that receives what the broker gives up; <see langword="null"/> drops it.</param>
    /// <param name="deadLetterRoutingKey">The routing key of dead-lettered messages; <see langword="null"/> keeps their own.</param>
    /// <param name="arguments">Further arguments, copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name or an argument is not valid, or the queue was added before.</exception>
    public TopologyBuilder QuorumQueue(
        string name, int? deliveryLimit = null, string? deadLetterExchange = null, string? deadLetterRoutingKey = null, IReadOnlyDictionary<string, object?>? arguments = null) =>
        Queue(new QueueSpec
        {
            Name = name,
            Type = QueueType.Quorum,
            DeliveryLimit = deliveryLimit,
            DeadLetterExchange = deadLetterExchange,
            DeadLetterRoutingKey = deadLetterRoutingKey,
            Arguments = arguments ?? ReadOnlyDictionary<string, object?>.Empty,
        });

    /// <summary>Adds a binding.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="exchange">The exchange; not the default exchange, to which each queue is bound by its name anyway.</param>
    /// <param name="routingKey">The routing key or pattern.</param>
    /// <param name="arguments">The arguments, copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">A name or an argument is not valid.</exception>
    public TopologyBuilder Bind(string queue, string exchange, string routingKey = "", IReadOnlyDictionary<string, object?>? arguments = null) =>
        Bind(new BindingSpec { Queue = queue, Exchange = exchange, RoutingKey = routingKey, Arguments = arguments ?? ReadOnlyDictionary<string, object?>.Empty });

    /// <summary>Adds a binding.</summary>
    /// <param name="binding">The description; its arguments are copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The description is not valid.</exception>
    public TopologyBuilder Bind(BindingSpec binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        SpecValidator.Validate(binding);
        _bindings.Add(binding with { Arguments = ArgumentTable.Copy(binding.Arguments, nameof(binding)) });
        return this;
    }

    /// <summary>Makes the topology of what was added so far.</summary>
    /// <returns>The topology; it does not change when the builder is used further.</returns>
    public Topology Build() => new([.. _exchanges], [.. _queues], [.. _bindings]);
}
