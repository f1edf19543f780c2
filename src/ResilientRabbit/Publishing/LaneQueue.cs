namespace ResilientRabbit.Publishing;

/// <summary>The messages of a lane that are not on the wire: those to be sent, in order, and those that rest before they are sent again.</summary>
/// <param name="linger">Holds messages back for company; null: none are.</param>
/// <param name="suspects">Is told of those under suspicion that were swept out.</param>
internal sealed class LaneQueue(PackLinger? linger = null, SuspectLine? suspects = null)
{
    /// <summary>So many settled messages may lie in the lists before they are swept out: an outage may be long.</summary>
    private const int MaxTombstones = 256;

    private readonly Lock _gate = new();
    private int _tombstones;
    private bool _isWriterIdle;
    private MessageList _ready;
    private MessageList _resting;
    private long _nextDeadline = long.MaxValue;
    private long _nextDue = long.MaxValue;

    /// <summary>Adds messages to be sent, in their order. True when the writer has found nothing since it was told last, and is to be woken.</summary>
    public bool Add(ref MessageList messages)
    {
        lock (_gate)
        {
            for (PendingMessage? message = messages.First; message is not null; message = message.Next)
            {
                _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
                linger?.Added(message);
            }

            _ready.Append(ref messages);
            bool wasIdle = _isWriterIdle || linger?.TryEndWait() == true;
            _isWriterIdle = false;
            return wasIdle;
        }
    }

    /// <summary>Notes that a message which may lie in the lists was settled.</summary>
    public void NoteSettled() => Interlocked.Increment(ref _tombstones);

    /// <summary>Takes the next messages, up to the limits and at least one; tombstones among them are the caller's to drop. False when there are none.</summary>
    public bool TakeRun(int maxMessages, long maxBytes, ref MessageList run)
    {
        lock (_gate)
        {
            for (int count = 0; count < maxMessages && _ready.First is { } next; count++)
            {
                maxBytes -= next.Size;
                if (maxBytes < 0 && count > 0)
                {
                    break;
                }

                run.Add(_ready.Take()!);
            }

            linger?.Taken(!_ready.IsEmpty);
            _isWriterIdle = run.IsEmpty;
            return !run.IsEmpty;
        }
    }

    /// <summary>Puts messages back before all others, in their order.</summary>
    public void PutBack(ref MessageList front)
    {
        lock (_gate)
        {
            for (PendingMessage? message = front.First; message is not null; message = message.Next)
            {
                _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
            }

            _ready.Prepend(ref front);
            linger?.Ripen();
        }
    }

    /// <summary>True when what is ready may wait for company; the writer is woken when it need not any longer.</summary>
    public bool MustLinger()
    {
        if (linger is null)
        {
            return false;
        }

        lock (_gate)
        {
            return _ready.First is { } first && linger.MustWait(first);
        }
    }

    /// <summary>Puts messages that were taken for writing, and not written, back to the front, in their order.</summary>
    public void TakeBack(ReadOnlySpan<PendingMessage> messages)
    {
        var front = default(MessageList);
        foreach (PendingMessage message in messages)
        {
            switch (message.TryTakeBack(message.Version))
            {
                case SettleResult.Settled:
                    front.Add(message);
                    break;
                case SettleResult.TooLate:
                    message.ReleaseReference();
                    suspects?.Answered();
                    break;

                // Deferred: whoever makes a copy of it puts it to rest.
            }
        }

        suspects?.TakenBack();
        PutBack(ref front);
    }

    /// <summary>Keeps a message until its <see cref="PendingMessage.NotBefore"/>.</summary>
    public void Rest(PendingMessage message)
    {
        lock (_gate)
        {
            _resting.Add(message);
            _nextDue = Math.Min(_nextDue, message.NotBefore);
            _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
        }
    }

    /// <summary>Moves rested messages to the front. True when there were any.</summary>
    public bool Wake(long now)
    {
        lock (_gate)
        {
            if (_nextDue > now)
            {
                return false;
            }

            MessageList all = _resting;
            var due = default(MessageList);
            _resting = default;
            _nextDue = long.MaxValue;
            while (all.Take() is { } message)
            {
                // A tombstone goes to the front as well, where the writer drops it.
                if (message.NotBefore <= now || message.IsSettled)
                {
                    due.Add(message);
                }
                else
                {
                    _resting.Add(message);
                    _nextDue = Math.Min(_nextDue, message.NotBefore);
                }
            }

            _ready.Prepend(ref due);
            linger?.Ripen();
            return true;
        }
    }

    /// <summary>When the oldest of its messages was accepted; <see cref="long.MaxValue"/> when there is none.</summary>
    public long OldestStart()
    {
        lock (_gate)
        {
            return Math.Min(_ready.OldestStart, _resting.OldestStart);
        }
    }

    /// <summary>Adds the messages whose deadline has passed, or all, to the list. They stay where they are as tombstones once settled.</summary>
    public void CollectExpired(long now, bool all, List<(PendingMessage Message, long Version)> into)
    {
        lock (_gate)
        {
            if (Volatile.Read(ref _tombstones) > MaxTombstones)
            {
                Volatile.Write(ref _tombstones, 0);
                int swept = _ready.DropSettled(suspects?.Left ?? 0);
                suspects?.Swept(swept);
                _resting.DropSettled();
            }

            if (!all && _nextDeadline > now)
            {
                return;
            }

            _nextDeadline = long.MaxValue;
            Collect(_ready.First, now, all, into);
            Collect(_resting.First, now, all, into);
        }
    }

    private void Collect(PendingMessage? first, long now, bool all, List<(PendingMessage Message, long Version)> into)
    {
        for (PendingMessage? message = first; message is not null; message = message.Next)
        {
            if (message.IsSettled)
            {
                continue;
            }

            if (all || message.Deadline <= now)
            {
                into.Add((message, message.Version));
            }
            else
            {
                _nextDeadline = Math.Min(_nextDeadline, message.Deadline);
            }
        }
    }
}
