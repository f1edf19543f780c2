using System.Globalization;
using System.Text;

namespace ResilientRabbit.Testing;

/// <summary>
/// What went over the wire between clients and a broker or proxy: from clients as it was received, to clients as it was sent, so with what
/// faults made of it. Thread-safe.
/// </summary>
/// <remarks>An entry is made when the last frame of a method with content is there. Credentials are not kept, and bodies only as a hash.</remarks>
public sealed partial class FrameJournal
{
    /// <summary>How many entries are kept where nothing else is said.</summary>
    public const int DefaultCapacity = 100_000;

    private const int TailLength = 40;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private readonly Queue<JournalEntry> _entries = new();
    private readonly List<Waiter> _waiters = [];
    private long _count;
    private long _dropped;

    internal FrameJournal(TimeProvider time, int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _time = time;
        _capacity = capacity;
    }

    /// <summary>The entries that are kept, oldest first: a copy.</summary>
    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>How many entries were dropped because there were too many. The checks need 0: they cannot judge what they do not see.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _dropped;
            }
        }
    }

    /// <summary>Forgets all entries, also those that were dropped; numbers go on.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _dropped = 0;
            _entries.Clear();
        }
    }

    /// <summary>Waits until so many entries match, those from before the call included.</summary>
    /// <param name="predicate">Which entries. It is called on the connection's way: quick, and without waiting.</param>
    /// <param name="bound">How long to wait at most.</param>
    /// <param name="count">How many. Default: 1.</param>
    /// <returns>The last one of them.</returns>
    /// <exception cref="TimeoutException">There are not so many within <paramref name="bound"/>; the message shows the journal's end.</exception>
    public async Task<JournalEntry> WaitForAsync(Func<JournalEntry, bool> predicate, TimeSpan bound, int count = 1)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var waiter = new Waiter(predicate, count);
        lock (_gate)
        {
            foreach (JournalEntry entry in _entries)
            {
                waiter.See(entry);
            }

            if (!waiter.Found.Task.IsCompleted)
            {
                _waiters.Add(waiter);
            }
        }

        try
        {
            return await waiter.Found.Task.WaitAsync(bound, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"{waiter.Seen} of {count} entries came within {bound}. The journal ends with:\n{this}"));
        }
        finally
        {
            lock (_gate)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>The last entries, one a line: for the message of a failed test.</summary>
    /// <returns>At most 40 lines, and how many there are in all.</returns>
    public override string ToString()
    {
        IReadOnlyList<JournalEntry> entries = Entries;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{entries.Count} entries");
        if (entries.Count > TailLength)
        {
            text.Append(CultureInfo.InvariantCulture, $", the last {TailLength}");
        }

        foreach (JournalEntry entry in entries.Skip(entries.Count - TailLength))
        {
            text.Append('\n').Append(entry);
        }

        return text.ToString();
    }

    internal void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            JournalEntry numbered = entry with { Number = ++_count, Time = _time.GetUtcNow() };
            _entries.Enqueue(numbered);
            if (_entries.Count > _capacity)
            {
                _entries.Dequeue();
                _dropped++;
            }

            foreach (Waiter waiter in _waiters)
            {
                waiter.See(numbered);
            }
        }
    }

    private sealed class Waiter(Func<JournalEntry, bool> predicate, int count)
    {
        public TaskCompletionSource<JournalEntry> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Seen { get; private set; }

        public void See(JournalEntry entry)
        {
            if (Seen < count && predicate(entry) && ++Seen == count)
            {
                Found.TrySetResult(entry);
            }
        }
    }
}
