using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Field values between the wire's types and plain .NET ones.</summary>
internal static class PublicValues
{
    public static Dictionary<string, object?> Table(IReadOnlyDictionary<string, object?> table) =>
        table.ToDictionary(static entry => entry.Key, static entry => Value(entry.Value), StringComparer.Ordinal);

    /// <summary>The other way: tables become tables of the wire.</summary>
    public static AmqpTable ToWire(IReadOnlyDictionary<string, object?> table) =>
        new(table.Select(static entry => new KeyValuePair<string, object?>(entry.Key, WireValue(entry.Value))));

    private static object? Value(object? value) => value switch
    {
        AmqpTimestamp time => (long)time.Seconds,
        AmqpLongString text => text.Bytes,
        IReadOnlyDictionary<string, object?> table => Table(table),
        IReadOnlyList<object?> list => list.Select(Value).ToList(),
        _ => value,
    };

    private static object? WireValue(object? value) => value switch
    {
        AmqpTable => value,
        IReadOnlyDictionary<string, object?> table => ToWire(table),
        IReadOnlyList<object?> list => list.Select(WireValue).ToList(),
        DateTimeOffset time => new AmqpTimestamp((ulong)time.ToUnixTimeSeconds()),
        _ => value,
    };
}
