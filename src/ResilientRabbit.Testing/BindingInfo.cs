namespace ResilientRabbit.Testing;

/// <summary>A binding of a <see cref="TestBroker"/> at one moment. The default exchange's own are not among them.</summary>
/// <param name="VirtualHost">The virtual host.</param>
/// <param name="Source">The exchange it comes from.</param>
/// <param name="Destination">The queue or exchange it goes to.</param>
/// <param name="ToExchange">Whether it goes to an exchange.</param>
/// <param name="RoutingKey">The routing key.</param>
/// <param name="Arguments">The arguments.</param>
public sealed record BindingInfo(
    string VirtualHost,
    string Source,
    string Destination,
    bool ToExchange,
    string RoutingKey,
    IReadOnlyDictionary<string, object?> Arguments);
