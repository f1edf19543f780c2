namespace ResilientRabbit.Testing.Model;

/// <summary>A publish that waits for several queues, or for one that cannot answer now. Told once by each queue that held it.</summary>
internal sealed class ConfirmTicket(ulong sequence, Action<ConfirmTicket> completed)
{
    /// <summary>Delivery tag of the publish on its channel.</summary>
    public ulong Sequence { get; } = sequence;

    /// <summary>Queues that have not answered.</summary>
    public int Outstanding { get; set; }

    /// <summary>Whether any queue refused the message.</summary>
    public bool IsRejected { get; private set; }

    /// <summary>The channel is gone: nobody waits any more, and a message that is still held is lost with it.</summary>
    public bool IsAbandoned { get; set; }

    public void Answer(PublishOutcome outcome)
    {
        IsRejected |= outcome == PublishOutcome.Rejected;
        if (--Outstanding == 0 && !IsAbandoned)
        {
            completed(this);
        }
    }
}
