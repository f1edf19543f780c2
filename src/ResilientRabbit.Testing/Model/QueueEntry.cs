namespace ResilientRabbit.Testing.Model;

/// <summary>One message in one queue, from its arrival to its end. Belongs to the turn: no locking of its own.</summary>
internal sealed class QueueEntry(Message message, long sequence)
{
    public Message Message { get; } = message;

    /// <summary>Position in the queue; a requeued message goes back to it.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>When it expires, in ticks of the broker's clock; <see cref="long.MaxValue"/> for never.</summary>
    public long ExpiresAt { get; init; } = long.MaxValue;

    /// <summary>Whether it was handed out before.</summary>
    public bool Redelivered { get; set; }

    /// <summary>How often it came back unacknowledged (quorum queues).</summary>
    public int DeliveryCount { get; set; }

    /// <summary>Who holds it unacknowledged; null while it is ready or gone.</summary>
    public object? Holder { get; set; }

    /// <summary>The delivery tag under which the holder has it: an ack for an earlier delivery of the same message must not count.</summary>
    public ulong HolderTag { get; set; }

    /// <summary>The consumer it was delivered to; null after a get.</summary>
    public Consumer? Consumer { get; set; }

    /// <summary>Neighbors in the queue's list of unacknowledged messages.</summary>
    public QueueEntry? Next { get; set; }

    public QueueEntry? Previous { get; set; }
}
