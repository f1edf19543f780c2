using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Model;

/// <summary>
/// Publishes dead messages to their next exchange. One after the other and never from within a queue's own work: a chain of full queues must
/// not become a chain of calls.
/// </summary>
internal sealed class DeadLetters(BrokerClock clock)
{
    private readonly Queue<(Queue Queue, Message Message, string Reason)> _work = new();
    private bool _busy;

    public void Add(Queue queue, Message message, string reason)
    {
        if (queue.Settings.DeadLetterExchange is null)
        {
            return;
        }

        _work.Enqueue((queue, message, reason));
        if (_busy)
        {
            return;
        }

        _busy = true;
        try
        {
            while (_work.TryDequeue(out (Queue Queue, Message Message, string Reason) next))
            {
                Publish(next.Queue, next.Message, next.Reason);
            }
        }
        finally
        {
            _busy = false;
        }
    }

    private void Publish(Queue queue, Message message, string reason)
    {
        if (queue.VirtualHost.FindExchange(queue.Settings.DeadLetterExchange!) is not { } exchange)
        {
            return;
        }

        string? key = queue.Settings.DeadLetterRoutingKey;
        AmqpTable headers = DeathHeaders.Add(message, queue.Name, reason, clock.Now, dropCarbonCopies: key is not null);
        Message dead = message.DeadLettered(exchange.Name, key ?? message.RoutingKey, key is null ? message.ExtraKeys : [], headers);
        foreach (Queue target in exchange.Route(dead))
        {
            if (reason is DeathReason.Rejected || !DeathHeaders.IsCycle(headers, target.Name))
            {
                target.Publish(dead, ticket: null);
            }
        }
    }
}
