namespace ResilientRabbit.Consuming;

/// <summary>The right to settle one delivery once. A node in the list of what is unsettled on a channel, in order of delivery.</summary>
internal class AckTicket(ulong tag)
{
    public ulong Tag { get; } = tag;

    /// <summary>How many messages it settles.</summary>
    public virtual int Messages => 1;

    // Touched under the lock of the AckBatcher only.
    internal AckTicket? Previous { get; set; }

    internal AckTicket? Next { get; set; }

    internal bool IsSettled { get; set; }
}
