namespace ResilientRabbit.Testing.Model;

/// <summary>An exchange and the bindings that go out of it.</summary>
internal sealed class Exchange(VirtualHost virtualHost, string name, string type)
{
    /// <summary>Routes are remembered for so many routing keys; then all are forgotten and it begins anew.</summary>
    private const int MaxRoutes = 1024;

    private readonly Dictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private long _routesVersion = -1;

    public VirtualHost VirtualHost { get; } = virtualHost;

    public string Name { get; } = name;

    public string Type { get; } = type;

    public bool IsDurable { get; init; }

    public bool IsAutoDelete { get; init; }

    public bool IsInternal { get; init; }

    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = QueueArguments.None;

    /// <summary>Gets what no binding takes.</summary>
    public string? Alternate => QueueArguments.String(Arguments, "alternate-exchange") ?? Policy?.Alternate;

    /// <summary>The policy that acts on it.</summary>
    public Policy? Policy { get; set; }

    public List<Binding> Bindings { get; } = [];

    public string Text => Resource.Text(Resource.Exchange, Name, VirtualHost.Name);

    /// <summary>The queues for a message, each once, in the order of their names.</summary>
    public IReadOnlyList<Queue> Route(Message message)
    {
        if (message.ExtraKeys.Count > 0)
        {
            return Router.Route(this, message).Queues;
        }

        if (_routesVersion != VirtualHost.Version)
        {
            _routes.Clear();
            _routesVersion = VirtualHost.Version;
        }

        if (_routes.TryGetValue(message.RoutingKey, out Route known))
        {
            return known.Queues;
        }

        Route route = Router.Route(this, message);
        if (route.DependsOnHeaders)
        {
            return route.Queues;
        }

        if (_routes.Count >= MaxRoutes)
        {
            _routes.Clear();
        }

        _routes.Add(message.RoutingKey, route);
        return route.Queues;
    }

    /// <summary>Whether the binding takes a message with this key and these headers.</summary>
    public bool Takes(Binding binding, string routingKey, Message message) => Type switch
    {
        ExchangeType.Fanout => true,
        ExchangeType.Topic => binding.Pattern!.Matches(routingKey),
        ExchangeType.Headers => HeadersMatch.Matches(binding.Arguments, message.Headers),
        _ => string.Equals(binding.RoutingKey, routingKey, StringComparison.Ordinal),
    };
}
