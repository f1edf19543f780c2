using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <content>Acknowledgements.</content>
internal sealed partial class ChannelConsuming
{
    /// <summary>Acknowledges, requeues or discards.</summary>
    /// <exception cref="AmqpErrorException">406: the delivery tag is unknown.</exception>
    public void Settle(ulong tag, bool multiple, Settlement settlement)
    {
        _taken.Clear();
        if (!_unacked.Take(tag, multiple, _taken))
        {
            throw AmqpErrorException.Precondition($"unknown delivery tag {tag}");
        }

        if (channel.Transaction.IsOpen)
        {
            channel.Transaction.Add(_taken, settlement);
        }
        else
        {
            Settle(_taken, settlement);
        }
    }

    /// <summary>Tells the queues, and lets consumers go on that waited for room.</summary>
    public void Settle(List<Delivery> deliveries, Settlement settlement)
    {
        // Under a limit of the whole channel no consumer goes on before all that was settled is counted, or the first would get everything.
        _settling = _channelPrefetch > 0;
        if (settlement == Settlement.Requeue)
        {
            Requeue(deliveries);
        }
        else
        {
            foreach (Delivery delivery in deliveries)
            {
                if (IsHeld(delivery) && settlement == Settlement.Ack)
                {
                    delivery.Queue.Ack(delivery.Entry);
                }
                else if (IsHeld(delivery))
                {
                    delivery.Queue.Discard(delivery.Entry);
                }
            }
        }

        if (_settling)
        {
            _settling = false;
            ServeAll();
        }
    }

    /// <summary>Gives back what a rollback does not settle.</summary>
    public void Restore(IEnumerable<Delivery> deliveries) => _unacked.Restore(deliveries);

    /// <summary>Gives everything back; the answer, if one is wanted, goes before what is delivered again.</summary>
    public void Recover(bool requeue, Action<ServerChannel>? answer)
    {
        if (!requeue)
        {
            throw AmqpErrorException.NotImplemented("requeue=false");
        }

        answer?.Invoke(channel);
        Settle(_unacked.TakeAll(), Settlement.Requeue);
    }

    /// <summary>The channel ends: consumers go, what is not acknowledged comes back.</summary>
    public void End()
    {
        EndReplies();
        ILookup<Queue, QueueEntry> held = _unacked.TakeAll().Where(IsHeld).Concat(channel.Transaction.TakeAll().Where(IsHeld))
            .OrderBy(static delivery => delivery.Tag).ToLookup(static delivery => delivery.Queue, static delivery => delivery.Entry);
        HashSet<Queue> queues = [.. held.Select(static group => group.Key), .. _consumers.Values.Select(static consumer => consumer.Queue)];
        _consumers.Clear();
        foreach (Queue queue in queues)
        {
            queue.ChannelClosed(channel, held[queue]);
        }
    }

    private static void Requeue(List<Delivery> deliveries)
    {
        foreach (IGrouping<Queue, Delivery> group in deliveries.ToLookup(static delivery => delivery.Queue))
        {
            group.Key.Requeue([.. group.Where(static delivery => delivery.Entry.HolderTag == delivery.Tag && delivery.Entry.Holder is not null)
                .Select(static delivery => delivery.Entry)]);
        }
    }

    // After a promotion the new leader has requeued the message: an ack for the old delivery must not touch the new one.
    private bool IsHeld(Delivery delivery) => ReferenceEquals(delivery.Entry.Holder, this) && delivery.Entry.HolderTag == delivery.Tag;

    private void Hold(ulong tag, Queue queue, QueueEntry entry)
    {
        entry.Holder = this;
        entry.HolderTag = tag;
        _unacked.Add(tag, queue, entry);
    }
}
