namespace ResilientRabbit.Testing;

/// <summary>What went over the wire between clients and a broker or proxy. Thread-safe.</summary>
public sealed class FrameJournal
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly List<JournalEntry> _entries = [];
    private long _count;

    internal FrameJournal(TimeProvider time) => _time = time;

    internal void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            _entries.Add(entry with { Number = ++_count, Time = _time.GetUtcNow() });
        }
    }
}
