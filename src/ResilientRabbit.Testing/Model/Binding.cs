namespace ResilientRabbit.Testing.Model;

/// <summary>A binding from an exchange to a queue or to another exchange.</summary>
internal sealed class Binding(Exchange source, Queue? queue, Exchange? exchange, string routingKey, IReadOnlyDictionary<string, object?> arguments)
{
    public Exchange Source { get; } = source;

    /// <summary>The target, when it is a queue.</summary>
    public Queue? Queue { get; } = queue;

    /// <summary>The target, when it is an exchange.</summary>
    public Exchange? Exchange { get; } = exchange;

    public string RoutingKey { get; } = routingKey;

    public IReadOnlyDictionary<string, object?> Arguments { get; } = arguments;

    public string Destination => Queue?.Name ?? Exchange!.Name;

    public bool IsDurable => Source.IsDurable && (Queue?.IsDurable ?? Exchange!.IsDurable);

    /// <summary>The compiled key, for a topic exchange.</summary>
    public TopicPattern? Pattern { get; } = source.Type is ExchangeType.Topic ? new TopicPattern(routingKey) : null;

    public bool Is(object destination, string key, IReadOnlyDictionary<string, object?> args) =>
        (ReferenceEquals(Queue, destination) || ReferenceEquals(Exchange, destination))
        && string.Equals(RoutingKey, key, StringComparison.Ordinal) && FieldValue.SameTable(Arguments, args);
}
