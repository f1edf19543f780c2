namespace ResilientRabbit.Publishing;

/// <summary>A first-in first-out list of pending messages through their own links: no allocation. Not thread-safe.</summary>
internal struct MessageList
{
    private PendingMessage? _head;
    private PendingMessage? _tail;

    public readonly PendingMessage? First => _head;

    public readonly bool IsEmpty => _head is null;

    /// <summary>When the oldest of its messages without an outcome was accepted; <see cref="long.MaxValue"/> when there is none.</summary>
    public readonly long OldestStart
    {
        get
        {
            long oldest = long.MaxValue;
            for (PendingMessage? message = _head; message is not null; message = message.Next)
            {
                oldest = message.IsSettled ? oldest : Math.Min(oldest, message.Started);
            }

            return oldest;
        }
    }

    public void Add(PendingMessage message)
    {
        message.Next = null;
        if (_tail is null)
        {
            _head = message;
        }
        else
        {
            _tail.Next = message;
        }

        _tail = message;
    }

    public PendingMessage? Take()
    {
        PendingMessage? message = _head;
        if (message is not null)
        {
            _head = message.Next;
            message.Next = null;
            if (_head is null)
            {
                _tail = null;
            }
        }

        return message;
    }

    /// <summary>Puts the whole of the other list, in its order, behind this one.</summary>
    public void Append(ref MessageList back)
    {
        if (back._head is null)
        {
            return;
        }

        if (_tail is null)
        {
            _head = back._head;
        }
        else
        {
            _tail.Next = back._head;
        }

        _tail = back._tail;
        back = default;
    }

    /// <summary>Puts the whole of the other list, in its order, before this one.</summary>
    public void Prepend(ref MessageList front)
    {
        if (front._head is null)
        {
            return;
        }

        front._tail!.Next = _head;
        _tail ??= front._tail;
        _head = front._head;
        front = default;
    }

    /// <summary>Takes the settled messages out and drops their references. Returns how many of the first so many it took.</summary>
    public int DropSettled(int first = 0)
    {
        MessageList all = this;
        this = default;
        int dropped = 0;
        for (int place = 0; all.Take() is { } message; place++)
        {
            if (message.IsSettled)
            {
                message.ReleaseReference();
                dropped += place < first ? 1 : 0;
            }
            else
            {
                Add(message);
            }
        }

        return dropped;
    }

    /// <summary>Takes the messages out whose outcome the ledger has counted, and drops their references. Returns how many.</summary>
    public int DropReleased()
    {
        MessageList all = this;
        this = default;
        int dropped = 0;
        while (all.Take() is { } message)
        {
            if (message.WasReleased)
            {
                message.ReleaseReference();
                dropped++;
            }
            else
            {
                Add(message);
            }
        }

        return dropped;
    }
}
