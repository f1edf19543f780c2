namespace ResilientRabbit.Testing.Model;

/// <summary>The messages of a queue that somebody holds, in the order of their delivery.</summary>
internal sealed class UnackedChain
{
    private QueueEntry? _first;
    private QueueEntry? _last;

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(QueueEntry entry)
    {
        entry.Previous = _last;
        entry.Next = null;
        if (_last is null)
        {
            _first = entry;
        }
        else
        {
            _last.Next = entry;
        }

        _last = entry;
        Count++;
        Bytes += entry.Message.BodyLength;
    }

    public void Remove(QueueEntry entry)
    {
        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            _first = entry.Next;
        }

        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }
        else
        {
            _last = entry.Previous;
        }

        entry.Next = null;
        entry.Previous = null;
        Count--;
        Bytes -= entry.Message.BodyLength;
    }

    public List<QueueEntry> ToList()
    {
        List<QueueEntry> entries = new(Count);
        for (QueueEntry? entry = _first; entry is not null; entry = entry.Next)
        {
            entries.Add(entry);
        }

        return entries;
    }
}
