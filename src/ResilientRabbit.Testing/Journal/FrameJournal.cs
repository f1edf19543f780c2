using System.Globalization;
using System.Text;
using ResilientRabbit.Testing.Journal;

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

    // Order: reading, then gate. What is on a connection's way takes the gate alone.
    private readonly Lock _reading = new();
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly JournalStore _store;
    private readonly List<JournalWaiter> _waiters = [];
    private readonly List<JournalEntry> _read = [];
    private JournalPlace _readTo;

    internal FrameJournal(TimeProvider time, int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _time = time;
        _store = new JournalStore(capacity);
    }

    /// <summary>The entries that are kept, oldest first: a copy.</summary>
    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (_reading)
            {
                CatchUp(null);
                return [.. _read];
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
                return _store.Dropped;
            }
        }
    }

    /// <summary>Forgets all entries, also those that were dropped; numbers go on.</summary>
    public void Clear()
    {
        lock (_reading)
        {
            lock (_gate)
            {
                _store.Clear();
            }

            _read.Clear();
            _readTo = default;
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
        var waiter = new JournalWaiter(predicate, count);
        try
        {
            lock (_reading)
            {
                CatchUp(waiter);
                foreach (JournalEntry entry in _read)
                {
                    waiter.See(entry);
                }

                lock (_gate)
                {
                    waiter.GoLive();
                }
            }

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

    /// <summary>Adds a command of which the bytes are kept.</summary>
    internal void Add(in RecordHead head, ReadOnlySpan<byte> bytes) => Add(head, bytes, null);

    /// <summary>Adds what is kept as it is described.</summary>
    internal void Add(JournalEntry entry) => Add(new RecordHead { Kind = RecordKind.Described }, default, entry);

    private void Add(RecordHead head, ReadOnlySpan<byte> bytes, JournalEntry? entry)
    {
        head.Length = bytes.Length;
        lock (_gate)
        {
            head.Ticks = _time.GetUtcNow().Ticks;
            JournalPlace place = _store.Add(head, bytes, entry);
            if (_waiters.Count > 0)
            {
                JournalEntry added = _store.ReadLast(place);
                foreach (JournalWaiter waiter in _waiters)
                {
                    waiter.SeeLive(added);
                }
            }
        }
    }

    // Reads what came since the last time. The waiter gets what comes from then on.
    private void CatchUp(JournalWaiter? waiter)
    {
        JournalView view;
        lock (_gate)
        {
            view = _store.View(_readTo);
            if (waiter is not null)
            {
                _waiters.Add(waiter);
            }
        }

        try
        {
            view.ReadInto(_read);
        }
        finally
        {
            lock (_gate)
            {
                _store.GiveBack();
            }
        }

        _readTo = view.End;
        _read.RemoveRange(0, _read.FindIndex(entry => entry.Number >= view.FirstKept) is var kept and >= 0 ? kept : _read.Count);
    }
}
