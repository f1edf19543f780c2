namespace ResilientRabbit.Declaring;

/// <summary>
/// Finds circles of dead-lettering in which nobody rejects: messages that expire or overflow would go round for ever, so RabbitMQ drops them when they
/// come back to a queue for the second time. A circle with a queue that neither expires nor overflows is the usual way to retry, and fine.
/// </summary>
internal static class DeadLetterCycles
{
    private static readonly string[] Automatic = ["x-message-ttl", "x-max-length", "x-max-length-bytes"];

    /// <summary>The circles, each as its queues in the order of travel. Only what the topology itself says is known.</summary>
    public static IReadOnlyList<string> Of(Topology topology)
    {
        Dictionary<string, QueueSpec> queues = new(StringComparer.Ordinal);
        foreach (QueueSpec queue in topology.Queues.Where(IsAutomatic))
        {
            queues[queue.Name] = queue;
        }

        List<string> circles = [];
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (string start in queues.Keys.Order(StringComparer.Ordinal))
        {
            Follow(start, name => TargetsOf(queues[name], topology).Where(queues.ContainsKey), done, circles);
        }

        return circles;
    }

    // Depth first without recursion, each queue once: a row of ten thousand is no burden.
    private static void Follow(string start, Func<string, IEnumerable<string>> targetsOf, HashSet<string> done, List<string> circles)
    {
        if (!done.Add(start))
        {
            return;
        }

        List<string> way = [start];
        HashSet<string> onWay = new(way, StringComparer.Ordinal);
        Stack<Queue<string>> open = new([new Queue<string>(targetsOf(start))]);
        while (open.TryPeek(out Queue<string>? targets))
        {
            if (!targets.TryDequeue(out string? next))
            {
                open.Pop();
                onWay.Remove(way[^1]);
                way.RemoveAt(way.Count - 1);
            }
            else if (onWay.Contains(next))
            {
                circles.Add(string.Join(" -> ", way.SkipWhile(name => !string.Equals(name, next, StringComparison.Ordinal)).Append(next)));
            }
            else if (done.Add(next))
            {
                way.Add(next);
                onWay.Add(next);
                open.Push(new Queue<string>(targetsOf(next)));
            }
        }
    }

    private static IEnumerable<string> TargetsOf(QueueSpec queue, Topology topology)
    {
        string exchange = ExchangeOf(queue)!;
        string? key = queue.DeadLetterRoutingKey ?? queue.Arguments.GetValueOrDefault(QueueArguments.DeadLetterRoutingKey) as string;
        if (exchange.Length == 0)
        {
            // Without a key of its own a message keeps the one it came with: by the default exchange that is the queue's name.
            return [key ?? queue.Name];
        }

        string type = topology.Exchanges.FirstOrDefault(spec => string.Equals(spec.Name, exchange, StringComparison.Ordinal))?.Type
            ?? RoutingMatch.TypeOfPredeclared(exchange) ?? "direct";
        return topology.Bindings
            .Where(binding => string.Equals(binding.Exchange, exchange, StringComparison.Ordinal)
                && (type is "fanout" || (key is not null && type is "direct" or "topic" && RoutingMatch.Matches(type, binding.RoutingKey, key))))
            .Select(static binding => binding.Queue);
    }

    private static string? ExchangeOf(QueueSpec queue) => queue.DeadLetterExchange ?? queue.Arguments.GetValueOrDefault(QueueArguments.DeadLetterExchange) as string;

    private static bool IsAutomatic(QueueSpec queue)
        => ExchangeOf(queue) is not null && (queue.MessageTtl is not null || Automatic.Any(queue.Arguments.ContainsKey));
}
