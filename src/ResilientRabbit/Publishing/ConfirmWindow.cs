namespace ResilientRabbit.Publishing;

/// <summary>
/// What was written on one channel and is not answered: a ring indexed by delivery tag. One writer adds, the driver's loop settles.
/// Belongs to one channel incarnation; after <see cref="Retire"/> it changes nothing but still recognises late acks.
/// </summary>
internal sealed class ConfirmWindow
{
    private const int MaxCapacity = 1 << 20;

    private readonly Lock _gate = new();
    private readonly int _maxMessages;
    private Slot[] _slots;
    private ulong _low = 1;
    private ulong _next = 1;
    private ulong _returnCursor = 1;
    private int _count;
    private bool _retired;
    private long _nextDeadline = long.MaxValue;
    private long _progress;

    public ConfirmWindow(int maxMessages)
    {
        _maxMessages = maxMessages;
        _slots = new Slot[Math.Max(16, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)maxMessages))];
    }

    /// <summary>Messages on the wire without an answer.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Acks and nacks that took something out of the window: progress.</summary>
    public long Progress => Volatile.Read(ref _progress);

    public bool HasRoom(int limit)
    {
        if (Count >= Math.Min(limit, _maxMessages))
        {
            return false;
        }

        lock (_gate)
        {
            return _next - _low < MaxCapacity;
        }
    }

    /// <summary>Enters a message under the next tag, before it is written: its ack may come before the write returns.</summary>
    public ulong Add(PendingMessage message)
    {
        lock (_gate)
        {
            if (_next - _low >= (ulong)_slots.Length)
            {
                Grow();
            }

            _slots[Index(_next)] = new Slot(message, message.Version);
            _count++;
            _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
            return _next++;
        }
    }

    /// <summary>Takes the last entered message out again: it was not written and its tag was not used. False when it is not there any more.</summary>
    public bool RemoveLast(ulong tag)
    {
        lock (_gate)
        {
            if (!_retired && tag == _next - 1 && _slots[Index(tag)].Message is not null)
            {
                _slots[Index(tag)] = default;
                _count--;
                _next--;
                return true;
            }

            return false;
        }
    }

    /// <summary>Takes what an ack or nack covers out of the window: a chain through the messages' links, those that were returned in another.</summary>
    public void Answer(ulong tag, bool multiple, out PendingMessage? plain, out PendingMessage? returned)
    {
        var plainList = default(MessageList);
        var returnedList = default(MessageList);
        lock (_gate)
        {
            if (!_retired && Range(ref tag, multiple, out ulong from))
            {
                for (ulong current = from; current <= tag; current++)
                {
                    ref Slot slot = ref _slots[Index(current)];
                    if (slot.Message is { } message)
                    {
                        if (slot.IsReturned)
                        {
                            returnedList.Add(message);
                        }
                        else
                        {
                            plainList.Add(message);
                        }

                        slot = default;
                        _count--;
                        _progress++;
                    }
                }

                while (_low < _next && _slots[Index(_low)].Message is null)
                {
                    _low++;
                }
            }
        }

        plain = plainList.First;
        returned = returnedList.First;
    }

    /// <summary>After <see cref="Retire"/>: the messages that a late ack covers and that were not returned, with the lives they had then.</summary>
    public List<(PendingMessage Message, long Version)>? LateAnswer(ulong tag, bool multiple)
    {
        lock (_gate)
        {
            if (!_retired || !Range(ref tag, multiple, out ulong from))
            {
                return null;
            }

            List<(PendingMessage, long)>? late = null;
            for (ulong current = from; current <= tag; current++)
            {
                ref Slot slot = ref _slots[Index(current)];
                if (slot.Message is { } message && !slot.IsReturned)
                {
                    (late ??= []).Add((message, slot.Version));
                }

                slot = default;
            }

            return late;
        }
    }

    /// <summary>Marks the copy that was returned; its ack follows. Returns come in the order of the writes, so the search starts where the last one ended.</summary>
    public void MarkReturned(long publishId, int replyCode, string replyText)
    {
        lock (_gate)
        {
            ulong start = Math.Max(_returnCursor, _low);
            if (!Mark(start, _next, publishId, replyCode, replyText))
            {
                Mark(_low, Math.Min(start, _next), publishId, replyCode, replyText);
            }
        }
    }

    /// <summary>Ends the window. Its unanswered messages are returned in the order of their tags.</summary>
    public List<(PendingMessage Message, long Version)> Retire()
    {
        lock (_gate)
        {
            List<(PendingMessage, long)> unanswered = new(_count);
            if (!_retired)
            {
                _retired = true;
                for (ulong current = _low; current < _next; current++)
                {
                    if (_slots[Index(current)].Message is { } message)
                    {
                        unanswered.Add((message, _slots[Index(current)].Version));
                    }
                }
            }

            return unanswered;
        }
    }

    /// <summary>Adds the messages whose deadline has passed, or all, to the list. They stay in the window: their tags are still to be answered.</summary>
    public void CollectExpired(long now, bool all, List<(PendingMessage Message, long Version)> into)
    {
        lock (_gate)
        {
            if (_retired || (!all && _nextDeadline > now))
            {
                return;
            }

            _nextDeadline = long.MaxValue;
            for (ulong current = _low; current < _next; current++)
            {
                Slot slot = _slots[Index(current)];
                if (slot.Message is not { IsSettled: false } message)
                {
                    continue;
                }

                if (all || message.Deadline <= now)
                {
                    into.Add((message, slot.Version));
                }
                else
                {
                    _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
                }
            }
        }
    }

    /// <summary>The oldest message that is still in flight, for the stall probe.</summary>
    public (PendingMessage Message, long Version)? Oldest()
    {
        lock (_gate)
        {
            for (ulong current = _low; !_retired && current < _next; current++)
            {
                Slot slot = _slots[Index(current)];
                if (slot.Message is { IsInFlight: true } message)
                {
                    return (message, slot.Version);
                }
            }

            return null;
        }
    }

    private bool Range(ref ulong tag, bool multiple, out ulong from)
    {
        // Zero with multiple means all (AMQP 0-9-1, basic.ack). Tags that were never used are a broker's error and change nothing.
        if (multiple)
        {
            tag = tag == 0 ? _next - 1 : tag;
            from = _low;
            return tag < _next && tag >= _low;
        }

        from = tag;
        return tag >= _low && tag < _next;
    }

    private bool Mark(ulong from, ulong to, long publishId, int replyCode, string replyText)
    {
        for (ulong current = from; current < to; current++)
        {
            ref Slot slot = ref _slots[Index(current)];
            if (slot.Message is { } message && message.Version == slot.Version && message.PublishId == publishId && !slot.IsReturned)
            {
                slot.IsReturned = true;
                _returnCursor = current + 1;
                if (!_retired)
                {
                    message.Reply = (replyCode, replyText);
                }

                return true;
            }
        }

        return false;
    }

    private void Grow()
    {
        var larger = new Slot[_slots.Length * 2];
        for (ulong current = _low; current < _next; current++)
        {
            larger[current & (ulong)(larger.Length - 1)] = _slots[Index(current)];
        }

        _slots = larger;
    }

    private int Index(ulong tag) => (int)(tag & (ulong)(_slots.Length - 1));

    private struct Slot(PendingMessage message, long version)
    {
        public PendingMessage? Message = message;
        public long Version = version;
        public bool IsReturned;
    }
}
