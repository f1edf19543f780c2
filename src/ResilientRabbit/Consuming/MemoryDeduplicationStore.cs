namespace ResilientRabbit;

/// <summary>Remembers handled messages in this process: the latest ones, for a limited time.</summary>
/// <remarks>Thread-safe. What the limits push out, and everything at the end of the process, is forgotten: such a copy is handled again.</remarks>
public sealed class MemoryDeduplicationStore : IDeduplicationStore
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, long Added)> _oldest = new();
    private readonly Lock _lock = new();
    private readonly int _capacity;
    private readonly TimeSpan _maxAge;
    private readonly TimeProvider _time;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacity">How many messages are remembered, at least 1.</param>
    /// <param name="maxAge">How long each is remembered, above zero.</param>
    /// <param name="timeProvider">The time; the system's when <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public MemoryDeduplicationStore(int capacity, TimeSpan maxAge, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(maxAge, TimeSpan.Zero);
        _capacity = capacity;
        _maxAge = maxAge;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Gets how many messages are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                ForgetNeedsLock(_capacity);
                return _keys.Count;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> ContainsAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_lock)
        {
            ForgetNeedsLock(_capacity);
            return ValueTask.FromResult(_keys.Contains(key));
        }
    }

    /// <inheritdoc/>
    public ValueTask AddAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_lock)
        {
            // Before the look: one that is too old is about to be forgotten.
            ForgetNeedsLock(_capacity);
            if (_keys.Add(key))
            {
                ForgetNeedsLock(_capacity - 1);
                _oldest.Enqueue((key, _time.GetTimestamp()));
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Forgets what is too old, and the oldest until no more than this are left.</summary>
    private void ForgetNeedsLock(int most)
    {
        while (_oldest.TryPeek(out (string Key, long Added) oldest) && (_oldest.Count > most || _time.GetElapsedTime(oldest.Added) >= _maxAge))
        {
            _oldest.Dequeue();
            _keys.Remove(oldest.Key);
        }
    }
}
