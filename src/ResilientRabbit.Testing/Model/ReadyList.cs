namespace ResilientRabbit.Testing.Model;

/// <summary>
/// The ready messages of one priority in order. Everything handed out was older than what is left, so whatever comes back goes before the rest:
/// a classic queue puts it back to its old place, a quorum queue hands out first what came back first.
/// </summary>
internal sealed class ReadyList(bool returnsKeepPlace)
{
    private readonly PriorityQueue<QueueEntry, long> _returned = new();
    private readonly Queue<QueueEntry> _fresh = new();
    private long _returnNumber;

    public int Count => _returned.Count + _fresh.Count;

    public void Add(QueueEntry entry) => _fresh.Enqueue(entry);

    public void Return(QueueEntry entry) => _returned.Enqueue(entry, returnsKeepPlace ? entry.Sequence : _returnNumber++);

    public QueueEntry? Peek() => _returned.Count > 0 ? _returned.Peek() : _fresh.Count > 0 ? _fresh.Peek() : null;

    public QueueEntry? Take() => _returned.Count > 0 ? _returned.Dequeue() : _fresh.Count > 0 ? _fresh.Dequeue() : null;

    public void Clear()
    {
        _returned.Clear();
        _fresh.Clear();
    }

    /// <summary>All entries in order; a copy.</summary>
    public IEnumerable<QueueEntry> Entries() =>
        _returned.UnorderedItems.OrderBy(static item => item.Priority).Select(static item => item.Element).Concat(_fresh);

    /// <summary>Keeps those that satisfy the condition.</summary>
    public void Keep(Func<QueueEntry, bool> condition)
    {
        (QueueEntry Entry, long Order)[] returned = [.. _returned.UnorderedItems.Where(item => condition(item.Element))];
        QueueEntry[] fresh = [.. _fresh.Where(condition)];
        Clear();
        foreach ((QueueEntry entry, long order) in returned)
        {
            _returned.Enqueue(entry, order);
        }

        foreach (QueueEntry entry in fresh)
        {
            _fresh.Enqueue(entry);
        }
    }
}
