using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>
/// The publisher confirms of one channel. Answers are collected and sent when the burst that caused them has been worked through, as few
/// frames as possible: up to the first publish that is not answered with one <c>multiple</c>, the rest one by one.
/// </summary>
internal sealed class ConfirmTracker
{
    private readonly SortedSet<ulong> _open = [];
    private readonly List<ulong> _acks = [];
    private readonly List<ulong> _nacks = [];
    private readonly List<ConfirmTicket> _tickets = [];
    private ulong _last;

    public bool HasAnswers => _acks.Count + _nacks.Count > 0;

    /// <summary>Publishes without an answer.</summary>
    public int Unconfirmed => _open.Count;

    /// <summary>The number of the next publish.</summary>
    public ulong Next() => ++_last;

    public void Ack(ulong sequence) => _acks.Add(sequence);

    public void Nack(ulong sequence) => _nacks.Add(sequence);

    /// <summary>A publish whose answer comes later.</summary>
    public void Open(ConfirmTicket ticket)
    {
        _open.Add(ticket.Sequence);
        _tickets.Add(ticket);
    }

    public void Settle(ConfirmTicket ticket)
    {
        _open.Remove(ticket.Sequence);
        _tickets.Remove(ticket);
        (ticket.IsRejected ? _nacks : _acks).Add(ticket.Sequence);
    }

    /// <summary>The channel ends: late answers have nobody to go to.</summary>
    public void Abandon()
    {
        foreach (ConfirmTicket ticket in _tickets)
        {
            ticket.IsAbandoned = true;
        }

        _tickets.Clear();
        _open.Clear();
        _acks.Clear();
        _nacks.Clear();
    }

    /// <summary>Sends what is answered.</summary>
    public void Flush(ServerChannel channel)
    {
        if (_nacks.Count == 0 && _open.Count == 0)
        {
            // The usual case: everything was taken, in order.
            ulong highest = _acks[^1];
            channel.SendAck(highest, _acks.Count > 1);
            _acks.Clear();
            return;
        }

        _acks.Sort();
        _nacks.Sort();
        Send(channel, _acks, _nacks, nack: false);
        Send(channel, _nacks, _acks, nack: true);
        _acks.Clear();
        _nacks.Clear();
    }

    private void Send(ServerChannel channel, List<ulong> answers, List<ulong> opposite, bool nack)
    {
        if (answers.Count == 0)
        {
            return;
        }

        ulong cutoff = _open.Count == 0 ? answers[^1] + 1 : _open.Min;
        if (opposite.Count > 0)
        {
            cutoff = Math.Min(cutoff, opposite[0]);
        }

        int single = 0;
        while (single < answers.Count && answers[single] < cutoff)
        {
            single++;
        }

        if (single > 0)
        {
            // RabbitMQ marks even a single nack as multiple.
            Answer(channel, answers[single - 1], nack || answers.Count > 1, nack);
        }

        for (; single < answers.Count; single++)
        {
            Answer(channel, answers[single], multiple: false, nack);
        }
    }

    private static void Answer(ServerChannel channel, ulong sequence, bool multiple, bool nack)
    {
        if (nack)
        {
            channel.SendNack(sequence, multiple);
        }
        else
        {
            channel.SendAck(sequence, multiple);
        }
    }
}
