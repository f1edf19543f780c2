namespace ResilientRabbit.Testing.Model;

/// <summary>The comparison of a declaration with what exists (AMQP 0-9-1: 406 when they differ).</summary>
internal static class Equivalence
{
    public static void Field(bool current, bool received, string name, string resource) =>
        Field(current ? "true" : "false", received ? "true" : "false", name, resource);

    public static void Field(string current, string received, string name, string resource)
    {
        if (!string.Equals(current, received, StringComparison.Ordinal))
        {
            throw AmqpErrorException.Precondition($"inequivalent arg '{name}' for {resource}: received '{received}' but current is '{current}'");
        }
    }

    /// <summary>Compares those arguments that count for the kind of entity; others are ignored, as RabbitMQ does.</summary>
    public static void Arguments(
        IReadOnlyDictionary<string, object?> current, IReadOnlyDictionary<string, object?> received, IEnumerable<string> keys, string resource)
    {
        foreach (string key in keys)
        {
            bool had = current.TryGetValue(key, out object? old);
            bool has = received.TryGetValue(key, out object? now);
            if (!had && !has)
            {
                continue;
            }

            if (had && has && string.Equals(FieldValue.TypeClass(old), FieldValue.TypeClass(now), StringComparison.Ordinal) && FieldValue.Same(old, now))
            {
                continue;
            }

            if (key is QueueArguments.QueueType && IsClassic(had, old) && IsClassic(has, now))
            {
                continue;
            }

            throw AmqpErrorException.Precondition(
                $"inequivalent arg '{key}' for {resource}: received {Describe(has, now, had)} but current is {Describe(had, old, has)}");
        }
    }

    private static bool IsClassic(bool present, object? value) => !present || value is "classic";

    /// <summary>RabbitMQ drops the types when both sides have the argument with values of its own comparison, and prints them otherwise.</summary>
    private static string Describe(bool present, object? value, bool otherPresent)
    {
        if (!present)
        {
            return "none";
        }

        return otherPresent ? $"'{FieldValue.Print(value)}'" : $"the value '{FieldValue.Print(value)}' of type '{FieldValue.TypeName(value)}'";
    }
}
