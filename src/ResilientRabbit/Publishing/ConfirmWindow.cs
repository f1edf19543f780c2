namespace ResilientRabbit.Publishing;

/// <summary>
/// What was written on one channel and is not answered: a ring indexed by delivery tag, or by what tags stand for where messages are packed. One writer adds, the driver's loop settles.
/// Belongs to one channel incarnation; after <see cref="Retire"/> it changes nothing but still recognises late acks.
/// </summary>
internal sealed class ConfirmWindow
{
    private const int MaxCapacity = 1 << 20;

    private readonly Lock _gate = new();
    private readonly int _maxMessages;
    private readonly long _maxBytes;
    private WindowSlots _slots;
    private ulong _low = 1;
    private ulong _next = 1;
    private ulong _returnCursor = 1;
    private ulong _settledTo = 1;
    private int _count;
    private long _bytes;
    private RoomWait _wait;
    private bool _retired;
    private long _nextDeadline = long.MaxValue;
    private long _progress;

    public ConfirmWindow(int maxMessages, long maxBytes = long.MaxValue)
        => (_maxMessages, _maxBytes, _slots) = (maxMessages, maxBytes, new WindowSlots(maxMessages));

    /// <summary>Messages on the wire without an answer.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Acks and nacks that took something out of the window: progress.</summary>
    public long Progress => Volatile.Read(ref _progress);

    /// <summary>Whether the writer wants to be woken when nothing is in flight any more.</summary>
    public bool WakesWhenEmpty { get; init; }

    /// <summary>What each tag stands for, where one may answer for several messages; null where the place in the ring is the tag.</summary>
    public WindowTags? Tags { private get; init; }

    /// <summary>True when all that is unanswered has its outcome already: nobody waits for these answers any more.</summary>
    public bool IsSpent
    {
        get
        {
            lock (_gate)
            {
                // From where the last look ended: what is settled stays so, and one message without an answer may have a million behind it that had theirs.
                _settledTo = _slots.SettledUpTo(Math.Max(_settledTo, _low), _next);
                return _count > 0 && !_retired && _settledTo == _next;
            }
        }
    }

    /// <summary>How much more may be on the wire. When nothing, a later answer says that the writer is to be woken.</summary>
    public WindowRoom Room(int limit)
    {
        limit = Math.Min(limit, _maxMessages);
        lock (_gate)
        {
            int messages = (int)Math.Min(limit - _count, MaxCapacity - (long)(_next - _low));
            if (messages > 0 && (_bytes < _maxBytes || _count == 0))
            {
                _wait.End();
                return new WindowRoom(messages, Math.Max(0, _maxBytes - _bytes));
            }

            _wait.Begin(limit, _maxBytes);
            return default;
        }
    }

    /// <summary>True when the writer is to be woken although less than a good piece of the window is free.</summary>
    public bool WakesLate()
    {
        lock (_gate)
        {
            return _wait.TryEndLate(_count, _bytes);
        }
    }

    /// <summary>Enters messages under the next tags, before they are written: their acks may come before the write returns. Returns the first place.</summary>
    public ulong Add(ReadOnlySpan<PendingMessage> run)
    {
        lock (_gate)
        {
            ulong first = _next;
            foreach (PendingMessage message in run)
            {
                _slots.MakeRoom(_low, _next);
                _slots[_next] = new WindowSlot(message, message.Version);
                Tags?.Add(_next, message.ContinuesPack);
                _bytes += message.Size;
                _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
                _next++;
            }

            _count += run.Length;
            return first;
        }
    }

    /// <summary>Takes the messages entered last out again: they were not written and their tags were not used. False, and nothing is changed, when one is not there any more.</summary>
    public bool RemoveLast(ulong first, int count = 1)
    {
        lock (_gate)
        {
            if (_retired || first < _low || first + (ulong)count != _next || !_slots.AreTaken(first, _next))
            {
                return false;
            }

            for (ulong tag = first; tag < _next; tag++)
            {
                _bytes -= _slots[tag].Message!.Size;
                _slots[tag] = default;
            }

            _count -= count;
            _next = first;
            _settledTo = Math.Min(_settledTo, first);
            Tags?.RemoveFrom(first);
            return true;
        }
    }

    /// <summary>Takes what an ack or nack covers out of the window: a chain through the messages' links, those that were returned in another. True when the writer is to be woken.</summary>
    public bool Answer(in TagRange tags, out PendingMessage? plain, out PendingMessage? returned)
    {
        var plainList = default(MessageList);
        var returnedList = default(MessageList);
        bool wake = false;
        lock (_gate)
        {
            if (!_retired && Clip(tags, out ulong from, out ulong to))
            {
                for (ulong current = from; current <= to; current++)
                {
                    ref WindowSlot slot = ref _slots[current];
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
                        _bytes -= message.Size;
                        _progress++;
                    }
                }

                while (_low < _next && _slots[_low].Message is null)
                {
                    _low++;
                }

                Tags?.Advance(_low);
                wake = _wait.TryEnd(_count, _bytes) || (WakesWhenEmpty && _count == 0);
            }
        }

        plain = plainList.First;
        returned = returnedList.First;
        return wake;
    }

    /// <summary>After <see cref="Retire"/>: the messages that a late ack covers and that were not returned, with the lives they had then.</summary>
    public List<(PendingMessage Message, long Version)>? LateAnswer(in TagRange tags)
    {
        lock (_gate)
        {
            if (!_retired || !Clip(tags, out ulong from, out ulong to))
            {
                return null;
            }

            List<(PendingMessage, long)>? late = null;
            for (ulong current = from; current <= to; current++)
            {
                ref WindowSlot slot = ref _slots[current];
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
            (int, string)? reply = _retired ? null : (replyCode, replyText);
            ulong start = Math.Max(_returnCursor, _low);
            ulong behind = _slots.Mark(start, _next, publishId, reply);
            behind = behind > 0 ? behind : _slots.Mark(_low, Math.Min(start, _next), publishId, reply);
            _returnCursor = behind > 0 ? behind : _returnCursor;
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
                    if (_slots[current].Message is { } message)
                    {
                        unanswered.Add((message, _slots[current].Version));
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
                WindowSlot slot = _slots[current];
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

    /// <summary>Takes the oldest message that is still in flight for another copy; null when it is just being written. Under the lock: a copy of what <see cref="RemoveLast"/> takes out would break the order.</summary>
    public (PendingMessage Message, long Version)? BeginCopy()
    {
        lock (_gate)
        {
            for (ulong current = _low; !_retired && current < _next; current++)
            {
                WindowSlot slot = _slots[current];
                if (slot.Message is { IsInFlight: true } message)
                {
                    return message.TryBeginCopy(slot.Version) ? (message, slot.Version) : null;
                }
            }

            return null;
        }
    }

    public long OldestStart()
    {
        lock (_gate)
        {
            return _retired ? long.MaxValue : _slots.OldestStart(_low, _next);
        }
    }

    /// <summary>False when the last tag was answered already or never used, which is a broker's error and changes nothing.</summary>
    private bool Clip(in TagRange tags, out ulong from, out ulong to)
    {
        TagRange slots = Tags?.ToSlots(tags, _low) ?? tags;
        from = Math.Max(slots.From, _low);
        to = slots.IsAll ? _next - 1 : slots.To;
        return to < _next && to >= from;
    }
}
