namespace ResilientRabbit.Testing.Model;

/// <summary>The rule of a headers exchange. Bindings and messages compare by value; a void in the binding asks for presence only.</summary>
internal static class HeadersMatch
{
    private const string Key = "x-match";

    /// <summary>Checks the x-match argument of a new binding.</summary>
    /// <exception cref="AmqpErrorException">406: unknown word or type.</exception>
    public static void Check(IReadOnlyDictionary<string, object?> arguments)
    {
        if (!arguments.TryGetValue(Key, out object? match))
        {
            return;
        }

        if (match is not string word)
        {
            throw AmqpErrorException.Precondition(
                $"Invalid x-match field type {FieldValue.TypeName(match)} (value {FieldValue.Print(match)}); expected longstr");
        }

        if (word is not ("all" or "any" or "all-with-x" or "any-with-x"))
        {
            throw AmqpErrorException.Precondition(
                $"Invalid x-match field value <<\"{word}\">>; expected all, any, all-with-x, or any-with-x");
        }
    }

    public static bool Matches(IReadOnlyDictionary<string, object?> arguments, IReadOnlyDictionary<string, object?>? headers)
    {
        string kind = arguments.TryGetValue(Key, out object? match) && match is string word ? word : "all";
        bool any = kind is "any" or "any-with-x";
        bool withX = kind is "all-with-x" or "any-with-x";
        foreach ((string name, object? wanted) in arguments)
        {
            if (name is Key || (!withX && name.StartsWith("x-", StringComparison.Ordinal)))
            {
                continue;
            }

            object? found = null;
            bool hit = headers is not null && headers.TryGetValue(name, out found) && (wanted is null || FieldValue.Same(wanted, found));
            if (hit == any)
            {
                return any;
            }
        }

        return !any;
    }
}
