namespace ResilientRabbit.Consuming;

/// <summary>The right to settle one delivery once. A node in the list of what is unsettled on a channel, in order of delivery.</summary>
internal class AckTicket(ulong tag)
{
    public ulong Tag { get; private set; } = tag;

    /// <summary>How many messages it settles.</summary>
    public virtual int Messages => 1;

    // Touched under the lock of the AckBatcher only.
    internal AckTicket? Previous { get; set; }

    internal AckTicket? Next { get; set; }

    internal bool IsSettled { get; set; }

    /// <summary>Makes it the ticket of another delivery. Only for one that is in no list any more.</summary>
    protected void Renew(ulong tag)
    {
        Tag = tag;
        IsSettled = false;
    }
}
