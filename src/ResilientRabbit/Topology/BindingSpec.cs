using System.Collections.ObjectModel;

namespace ResilientRabbit;

/// <summary>Describes a binding of a queue to an exchange.</summary>
public sealed record BindingSpec
{
    /// <summary>Gets the name of the queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Gets the name of the exchange; one of the broker's own (<c>amq.topic</c>) is allowed, the default exchange is not.</summary>
    public required string Exchange { get; init; }

    /// <summary>Gets the routing key or pattern.</summary>
    /// <value>Empty by default.</value>
    public string RoutingKey { get; init; } = "";

    /// <summary>Gets the arguments, for example those a headers exchange compares.</summary>
    /// <value>Empty by default.</value>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ReadOnlyDictionary<string, object?>.Empty;
}
