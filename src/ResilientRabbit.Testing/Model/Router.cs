namespace ResilientRabbit.Testing.Model;

/// <summary>Follows bindings from exchange to exchange, each exchange once, with alternate exchanges where nothing takes the message.</summary>
internal static class Router
{
    public static Route Route(Exchange exchange, Message message)
    {
        if (exchange.Name.Length == 0)
        {
            return new Route(RouteDefault(exchange.VirtualHost, message), DependsOnHeaders: false);
        }

        SortedDictionary<string, Queue> queues = new(StringComparer.Ordinal);
        HashSet<Exchange> seen = [exchange];
        Stack<Exchange> work = new([exchange]);
        bool headers = false;
        while (work.TryPop(out Exchange? current))
        {
            headers |= current.Type is ExchangeType.Headers;
            if (!Follow(current, message, queues, seen, work)
                && current.Alternate is { } name
                && current.VirtualHost.FindExchange(name) is { } alternate
                && seen.Add(alternate))
            {
                work.Push(alternate);
            }
        }

        return new Route([.. queues.Values], headers);
    }

    private static bool Follow(Exchange exchange, Message message, SortedDictionary<string, Queue> queues, HashSet<Exchange> seen, Stack<Exchange> work)
    {
        bool taken = false;
        if (exchange.Name.Length == 0)
        {
            // The default exchange as an alternate: it has no bindings of its own.
            foreach (Queue queue in RouteDefault(exchange.VirtualHost, message))
            {
                queues[queue.Name] = queue;
                taken = true;
            }

            return taken;
        }

        foreach (Binding binding in exchange.Bindings)
        {
            if (!Takes(exchange, binding, message))
            {
                continue;
            }

            taken = true;
            if (binding.Queue is { } queue)
            {
                queues[queue.Name] = queue;
            }
            else if (seen.Add(binding.Exchange!))
            {
                work.Push(binding.Exchange!);
            }
        }

        return taken;
    }

    private static bool Takes(Exchange exchange, Binding binding, Message message)
    {
        if (exchange.Takes(binding, message.RoutingKey, message))
        {
            return true;
        }

        foreach (string key in message.ExtraKeys)
        {
            if (exchange.Takes(binding, key, message))
            {
                return true;
            }
        }

        return false;
    }

    private static List<Queue> RouteDefault(VirtualHost virtualHost, Message message)
    {
        List<Queue> queues = [];
        if (virtualHost.FindQueue(message.RoutingKey) is { } first)
        {
            queues.Add(first);
        }

        foreach (string key in message.ExtraKeys)
        {
            if (virtualHost.FindQueue(key) is { } queue && !queues.Contains(queue))
            {
                queues.Add(queue);
            }
        }

        return queues;
    }
}
