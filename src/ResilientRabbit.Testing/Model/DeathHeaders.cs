using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Model;

/// <summary>
/// The x-death header: one entry for each queue and reason, the newest first and the others turned round at each death, with a count; and x-first-death-*, written once. Written as RabbitMQ
/// writes it: an entry that occurs again moves to the front with its count raised and otherwise keeps what it says of the first time.
/// </summary>
internal static class DeathHeaders
{
    private const string Deaths = "x-death";

    public static AmqpTable Add(Message message, string queue, string reason, long nowMilliseconds, bool dropCarbonCopies)
    {
        AmqpTable headers = message.Headers is { } known ? new AmqpTable(known) : [];
        AmqpTable death = Describe(message, queue, reason, nowMilliseconds);
        if (headers.TryGetValue(Deaths, out object? value) && value is IReadOnlyList<object?> list)
        {
            headers[Deaths] = Merge(list, death, queue, reason);
        }
        else
        {
            if (!headers.ContainsKey(Deaths))
            {
                headers["x-first-death-reason"] = reason;
                headers["x-first-death-queue"] = queue;
                headers["x-first-death-exchange"] = message.Exchange;
            }

            headers[Deaths] = new List<object?> { death };
        }

        if (dropCarbonCopies)
        {
            headers.Remove("CC");
        }

        return headers;
    }

    /// <summary>Whether a message would come to a queue it has already been in, all by itself: no reject by a client on the way.</summary>
    public static bool IsCycle(IReadOnlyDictionary<string, object?> headers, string queue)
    {
        if (!headers.TryGetValue(Deaths, out object? value) || value is not IReadOnlyList<object?> deaths)
        {
            return false;
        }

        foreach (object? item in deaths)
        {
            if (item is not IReadOnlyDictionary<string, object?> death || Is(death, "reason", DeathReason.Rejected))
            {
                return false;
            }

            if (Is(death, "queue", queue))
            {
                return true;
            }
        }

        return false;
    }

    private static AmqpTable Describe(Message message, string queue, string reason, long nowMilliseconds)
    {
        List<object?> keys = [message.RoutingKey];
        Append(message, "CC", keys);
        Append(message, "BCC", keys);
        AmqpTable death = new()
        {
            ["count"] = 1L,
            ["reason"] = reason,
            ["queue"] = queue,
            ["time"] = new AmqpTimestamp((ulong)(nowMilliseconds / 1000)),
            ["exchange"] = message.Exchange,
            ["routing-keys"] = keys,
        };
        if (message.Expiration is { } expiration)
        {
            death["original-expiration"] = expiration;
        }

        return death;
    }

    private static void Append(Message message, string header, List<object?> keys)
    {
        if (message.Headers is { } headers && headers.TryGetValue(header, out object? value) && value is IReadOnlyList<object?> list)
        {
            keys.AddRange(list.Where(static key => key is string));
        }
    }

    private static List<object?> Merge(IReadOnlyList<object?> deaths, AmqpTable death, string queue, string reason)
    {
        List<object?> others = new(deaths.Count + 1) { death };
        bool found = false;

        // RabbitMQ 3.10 turns the older entries round each time.
        foreach (object? item in deaths.Reverse())
        {
            if (item is IReadOnlyDictionary<string, object?> old && Is(old, "queue", queue) && Is(old, "reason", reason))
            {
                if (!found)
                {
                    found = true;
                    AmqpTable again = new(old);
                    again["count"] = (again.TryGetValue("count", out object? count) && FieldValue.TryInteger(count, out long times) ? times : 0) + 1;
                    others[0] = again;
                }
            }
            else
            {
                others.Add(item);
            }
        }

        return others;
    }

    private static bool Is(IReadOnlyDictionary<string, object?> table, string key, string expected) =>
        table.TryGetValue(key, out object? value) && value is string text && string.Equals(text, expected, StringComparison.Ordinal);
}
