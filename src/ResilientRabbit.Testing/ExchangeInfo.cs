namespace ResilientRabbit.Testing;

/// <summary>An exchange of a <see cref="TestBroker"/> at one moment.</summary>
/// <param name="Name">The name; empty for the default exchange.</param>
/// <param name="VirtualHost">The virtual host.</param>
/// <param name="Type">The type: <c>direct</c>, <c>fanout</c>, <c>topic</c> or <c>headers</c>.</param>
/// <param name="IsDurable">Whether it survives a restart.</param>
/// <param name="IsAutoDelete">Whether it goes with its last binding.</param>
/// <param name="IsInternal">Whether clients cannot publish to it.</param>
/// <param name="Arguments">The arguments it was declared with.</param>
public sealed record ExchangeInfo(
    string Name,
    string VirtualHost,
    string Type,
    bool IsDurable,
    bool IsAutoDelete,
    bool IsInternal,
    IReadOnlyDictionary<string, object?> Arguments);
