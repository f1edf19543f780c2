namespace ResilientRabbit.Testing.Model;

/// <summary>The ready messages of a queue: one list for each priority, the highest first.</summary>
internal sealed class ReadyMessages
{
    private readonly ReadyList[] _lists;

    public ReadyMessages(int maxPriority, bool returnsKeepPlace)
    {
        _lists = new ReadyList[maxPriority + 1];
        for (int i = 0; i < _lists.Length; i++)
        {
            _lists[i] = new ReadyList(returnsKeepPlace);
        }
    }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(QueueEntry entry)
    {
        ListOf(entry).Add(entry);
        Count++;
        Bytes += entry.Message.BodyLength;
    }

    public void Return(QueueEntry entry)
    {
        ListOf(entry).Return(entry);
        Count++;
        Bytes += entry.Message.BodyLength;
    }

    public QueueEntry? Take()
    {
        for (int i = _lists.Length - 1; i >= 0; i--)
        {
            if (_lists[i].Take() is { } entry)
            {
                Count--;
                Bytes -= entry.Message.BodyLength;
                return entry;
            }
        }

        return null;
    }

    /// <summary>The message that a full queue drops: the oldest of the lowest priority.</summary>
    public QueueEntry? TakeWorst()
    {
        foreach (ReadyList list in _lists)
        {
            if (list.Take() is { } entry)
            {
                Count--;
                Bytes -= entry.Message.BodyLength;
                return entry;
            }
        }

        return null;
    }

    /// <summary>Takes the next message at the head of a priority that has expired.</summary>
    public QueueEntry? TakeExpired(long now)
    {
        foreach (ReadyList list in _lists)
        {
            if (list.Peek() is { } head && head.ExpiresAt <= now)
            {
                list.Take();
                Count--;
                Bytes -= head.Message.BodyLength;
                return head;
            }
        }

        return null;
    }

    /// <summary>The earliest expiry at the heads: what stands behind them expires when it gets there, as in RabbitMQ.</summary>
    public long NextExpiry()
    {
        long next = long.MaxValue;
        foreach (ReadyList list in _lists)
        {
            next = Math.Min(next, list.Peek()?.ExpiresAt ?? long.MaxValue);
        }

        return next;
    }

    public void Clear()
    {
        foreach (ReadyList list in _lists)
        {
            list.Clear();
        }

        Count = 0;
        Bytes = 0;
    }

    /// <summary>All ready messages in the order in which they would be delivered.</summary>
    public IEnumerable<QueueEntry> Entries()
    {
        for (int i = _lists.Length - 1; i >= 0; i--)
        {
            foreach (QueueEntry entry in _lists[i].Entries())
            {
                yield return entry;
            }
        }
    }

    public void Keep(Func<QueueEntry, bool> condition)
    {
        Count = 0;
        Bytes = 0;
        foreach (ReadyList list in _lists)
        {
            list.Keep(condition);
            foreach (QueueEntry entry in list.Entries())
            {
                Count++;
                Bytes += entry.Message.BodyLength;
            }
        }
    }

    private ReadyList ListOf(QueueEntry entry) =>
        _lists.Length == 1 ? _lists[0] : _lists[Math.Min(entry.Message.Priority ?? 0, _lists.Length - 1)];
}
