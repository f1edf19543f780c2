using System.Collections;
using System.Collections.ObjectModel;

namespace ResilientRabbit.Declaring;

/// <summary>Copies argument tables and refuses what has no form on the wire.</summary>
internal static class ArgumentTable
{
    private const int MaxDepth = 32;

    public static IReadOnlyDictionary<string, object?> Copy(IEnumerable<KeyValuePair<string, object?>> arguments, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(arguments, parameterName);
        Dictionary<string, object?> copy = CopyTable(arguments, parameterName, 1);
        return copy.Count == 0 ? ReadOnlyDictionary<string, object?>.Empty : new ReadOnlyDictionary<string, object?>(copy);
    }

    private static Dictionary<string, object?> CopyTable(IEnumerable<KeyValuePair<string, object?>> table, string parameterName, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"The arguments are nested deeper than {MaxDepth}, or contain themselves.", parameterName);
        }

        var copy = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string key, object? value) in table)
        {
            EntityName.Validate(key, "argument", parameterName);
            copy[key] = CopyValue(key, value, parameterName, depth);
        }

        return copy;
    }

    private static object? CopyValue(string key, object? value, string parameterName, int depth) => value switch
    {
        null or string or bool or byte or sbyte or short or ushort or int or uint or long or float or double or decimal => value,
        byte[] bytes => bytes.Clone(),
        IEnumerable<KeyValuePair<string, object?>> table => CopyTable(table, parameterName, depth + 1),
        IList list => CopyList(key, list, parameterName, depth + 1),
        _ => throw new ArgumentException($"The argument '{key}' has the type {value.GetType().Name}, which AMQP tables do not know.", parameterName),
    };

    private static List<object?> CopyList(string key, IList list, string parameterName, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"The argument '{key}' is nested deeper than {MaxDepth}, or contains itself.", parameterName);
        }

        var copy = new List<object?>(list.Count);
        foreach (object? item in list)
        {
            copy.Add(CopyValue(key, item, parameterName, depth));
        }

        return copy;
    }
}
