namespace ResilientRabbit.Testing.Model;

/// <summary>The exchanges, queues and bindings of a virtual host.</summary>
internal sealed class VirtualHost
{
    private readonly Dictionary<string, Exchange> _exchanges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue> _queues = new(StringComparer.Ordinal);

    public VirtualHost(BrokerModel model, string name)
    {
        Model = model;
        Name = name;
        Policies = new PolicyBook(this);
        foreach ((string exchange, string type) in new[]
        {
            (string.Empty, ExchangeType.Direct), ("amq.direct", ExchangeType.Direct), ("amq.fanout", ExchangeType.Fanout),
            ("amq.topic", ExchangeType.Topic), ("amq.headers", ExchangeType.Headers), ("amq.match", ExchangeType.Headers),
        })
        {
            _exchanges.Add(exchange, new Exchange(this, exchange, type) { IsDurable = true });
        }

        _exchanges.Add("amq.rabbitmq.trace", new Exchange(this, "amq.rabbitmq.trace", ExchangeType.Topic) { IsDurable = true, IsInternal = true });
    }

    public BrokerModel Model { get; }

    public string Name { get; }

    public PolicyBook Policies { get; }

    /// <summary>Changes with everything that routing depends on.</summary>
    public long Version { get; private set; }

    public IReadOnlyCollection<Exchange> Exchanges => _exchanges.Values;

    public IReadOnlyCollection<Queue> Queues => _queues.Values;

    public Exchange? FindExchange(string name) => _exchanges.GetValueOrDefault(name);

    public Queue? FindQueue(string name) => _queues.GetValueOrDefault(name);

    /// <exception cref="AmqpErrorException">404: there is none.</exception>
    public Exchange GetExchange(string name) => FindExchange(name) ?? throw AmqpErrorException.NotFound(Resource.Exchange, name, Name);

    /// <summary>The queue, if it exists and its node is up.</summary>
    /// <exception cref="AmqpErrorException">404: there is none, or its home node is down.</exception>
    public Queue GetQueue(string name)
    {
        Queue queue = FindQueue(name) ?? throw AmqpErrorException.NotFound(Resource.Queue, name, Name);
        return queue.State != QueueState.Down
            ? queue
            : throw AmqpErrorException.NotFound($"home node '{queue.Placement.Leader.Name}' of durable {queue.Text} is down or inaccessible");
    }

    public void AddExchange(Exchange exchange)
    {
        exchange.Policy = Policies.For(exchange.Name, PolicyTarget.Exchanges);
        _exchanges.Add(exchange.Name, exchange);
        TopologyChanged();
    }

    public void AddQueue(Queue queue)
    {
        queue.Apply(Policies.For(queue.Name, PolicyTarget.Queues));
        _queues.Add(queue.Name, queue);
        TopologyChanged();
    }

    /// <summary>Deletes an exchange with the bindings from and to it.</summary>
    public void DeleteExchange(Exchange exchange)
    {
        if (!_exchanges.Remove(exchange.Name))
        {
            return;
        }

        exchange.Bindings.Clear();
        RemoveBindings(binding => ReferenceEquals(binding.Exchange, exchange));
        TopologyChanged();
    }

    /// <summary>Deletes a queue with its bindings; its consumers are told.</summary>
    public void DeleteQueue(Queue queue)
    {
        if (!_queues.Remove(queue.Name))
        {
            return;
        }

        RemoveBindings(binding => ReferenceEquals(binding.Queue, queue));
        queue.End();
        TopologyChanged();
    }

    /// <summary>Binds; a binding that exists stays as it is.</summary>
    public void Bind(Exchange source, object destination, string routingKey, IReadOnlyDictionary<string, object?> arguments)
    {
        if (source.Type is ExchangeType.Headers)
        {
            HeadersMatch.Check(arguments);
        }

        if (source.Bindings.Exists(binding => binding.Is(destination, routingKey, arguments)))
        {
            return;
        }

        source.Bindings.Add(new Binding(source, destination as Queue, destination as Exchange, routingKey, arguments));
        TopologyChanged();
    }

    /// <summary>Removes a binding, if it exists; an auto-delete exchange goes with its last one.</summary>
    public void Unbind(Exchange source, object destination, string routingKey, IReadOnlyDictionary<string, object?> arguments)
    {
        if (source.Bindings.RemoveAll(binding => binding.Is(destination, routingKey, arguments)) > 0)
        {
            TopologyChanged();
            DeleteIfUnused(source);
        }
    }

    public void SetPolicy(Policy policy)
    {
        Policies.Set(policy);
        TopologyChanged();
    }

    public bool RemovePolicy(string name)
    {
        bool removed = Policies.Remove(name);
        TopologyChanged();
        return removed;
    }

    /// <summary>What a restart of the whole cluster does not keep.</summary>
    public void ForgetTransient()
    {
        foreach (Queue queue in _queues.Values.Where(static queue => !queue.IsDurable).ToArray())
        {
            DeleteQueue(queue);
        }

        foreach (Exchange exchange in _exchanges.Values.Where(static exchange => !exchange.IsDurable).ToArray())
        {
            DeleteExchange(exchange);
        }
    }

    private void RemoveBindings(Predicate<Binding> which)
    {
        foreach (Exchange source in _exchanges.Values.ToArray())
        {
            if (source.Bindings.RemoveAll(which) > 0)
            {
                DeleteIfUnused(source);
            }
        }
    }

    private void DeleteIfUnused(Exchange source)
    {
        if (source.IsAutoDelete && source.Bindings.Count == 0)
        {
            DeleteExchange(source);
        }
    }

    private void TopologyChanged()
    {
        Version++;
    }
}
