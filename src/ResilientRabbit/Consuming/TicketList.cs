namespace ResilientRabbit.Consuming;

/// <summary>The unsettled deliveries of a channel, oldest first.</summary>
/// <remarks>Not thread-safe: used under the lock of the <see cref="AckBatcher"/>.</remarks>
internal struct TicketList
{
    private AckTicket? _newest;

    public AckTicket? Oldest { get; private set; }

    public void Add(AckTicket ticket)
    {
        ticket.Previous = _newest;
        if (_newest is null)
        {
            Oldest = ticket;
        }
        else
        {
            _newest.Next = ticket;
        }

        _newest = ticket;
    }

    public void Remove(AckTicket ticket)
    {
        if (ticket.Previous is null)
        {
            Oldest = ticket.Next;
        }
        else
        {
            ticket.Previous.Next = ticket.Next;
        }

        if (ticket.Next is null)
        {
            _newest = ticket.Previous;
        }
        else
        {
            ticket.Next.Previous = ticket.Previous;
        }

        (ticket.Previous, ticket.Next) = (null, null);
    }
}
