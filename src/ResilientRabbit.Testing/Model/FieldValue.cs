using System.Collections;
using System.Globalization;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Model;

/// <summary>
/// What can be said about the value of a field table: its type's name in RabbitMQ's texts, equality and order. Values are the plain .NET ones:
/// string (long string), byte[] (binary), the integers, float, double, decimal, bool, <see cref="AmqpTimestamp"/>, null (void), dictionaries (table)
/// and lists (array).
/// </summary>
internal static class FieldValue
{
    public static string TypeName(object? value) => value switch
    {
        null => "void",
        string or AmqpLongString => "longstr",
        byte[] => "binary",
        sbyte => "byte",
        byte => "unsignedbyte",
        short => "short",
        ushort => "unsignedshort",
        int => "signedint",
        uint => "unsignedint",
        long or ulong => "long",
        float => "float",
        double => "double",
        decimal => "decimal",
        bool => "bool",
        AmqpTimestamp => "timestamp",
        IReadOnlyDictionary<string, object?> => "table",
        _ => "array",
    };

    /// <summary>Types of one class compare by value alone: a 32-bit 5 equals a 64-bit 5.</summary>
    public static string TypeClass(object? value) => value switch
    {
        sbyte or byte or short or ushort or int or uint or long or ulong or decimal => "int",
        float or double => "float",
        _ => TypeName(value),
    };

    public static bool TryInteger(object? value, out long number)
    {
        number = value switch
        {
            sbyte v => v,
            byte v => v,
            short v => v,
            ushort v => v,
            int v => v,
            uint v => v,
            long v => v,
            ulong v => unchecked((long)v),
            _ => 0,
        };
        return value is sbyte or byte or short or ushort or int or uint or long or ulong;
    }

    /// <summary>Equality as a declaration compares: the same class of type and the same value.</summary>
    public static bool Same(object? left, object? right)
    {
        if (TryInteger(left, out long a) && TryInteger(right, out long b))
        {
            return a == b;
        }

        return (left, right) switch
        {
            (null, null) => true,
            (float x, double y) => x == y,
            (double x, float y) => x == y,
            (byte[] x, byte[] y) => x.AsSpan().SequenceEqual(y),
            (IReadOnlyDictionary<string, object?> x, IReadOnlyDictionary<string, object?> y) => SameTable(x, y),
            (string x, string y) => string.Equals(x, y, StringComparison.Ordinal),
            (IList x, IList y) => SameList(x, y),
            _ => Equals(left, right),
        };
    }

    public static bool SameTable(IReadOnlyDictionary<string, object?>? left, IReadOnlyDictionary<string, object?>? right)
    {
        int count = left?.Count ?? 0;
        if (count != (right?.Count ?? 0))
        {
            return false;
        }

        if (count == 0)
        {
            return true;
        }

        foreach ((string key, object? value) in left!)
        {
            if (!right!.TryGetValue(key, out object? other) || !Same(value, other))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The value as RabbitMQ prints it in a text about an unequal declaration.</summary>
    public static string Print(object? value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        null => "undefined",
        _ => value.ToString() ?? string.Empty,
    };

    private static bool SameList(IList left, IList right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Count; i++)
        {
            if (!Same(left[i], right[i]))
            {
                return false;
            }
        }

        return true;
    }
}
