using System.Collections.ObjectModel;

namespace ResilientRabbit;

/// <summary>Describes an exchange to declare.</summary>
public sealed record ExchangeSpec
{
    /// <summary>Gets the name: 1 to 255 bytes of UTF-8, not beginning with <c>amq.</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the type: <c>direct</c>, <c>fanout</c>, <c>topic</c>, <c>headers</c> or a plugin's type that begins with <c>x-</c>.</summary>
    /// <value><c>direct</c> by default.</value>
    public string Type { get; init; } = "direct";

    /// <summary>Gets a value indicating whether the exchange outlives a restart of the broker.</summary>
    /// <value><see langword="null"/> by default: <see cref="DeclarationDefaults.Durable"/> of the client, which is <see langword="true"/> by default.</value>
    public bool? Durable { get; init; }

    /// <summary>Gets a value indicating whether the broker deletes the exchange with its last binding.</summary>
    /// <value><see langword="null"/> by default: <see cref="DeclarationDefaults.AutoDelete"/> of the client, which is <see langword="false"/> by default.</value>
    public bool? AutoDelete { get; init; }

    /// <summary>Gets further arguments, for example <c>alternate-exchange</c>.</summary>
    /// <value>Empty by default.</value>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ReadOnlyDictionary<string, object?>.Empty;
}
