using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Bridging;

/// <summary>What one bridge counts. Thread-safe.</summary>
internal sealed class BridgeMeter(string name, TimeProvider time) : IMeasuredBridge
{
    private readonly LinkedList<long> _starts = [];
    private readonly Lock _lock = new();
    private long _forwarded;
    private long _redelivered;
    private long _refused;
    private long _loops;
    private long _requeued;
    private long _lagTicks = -1;

    public string Name => name;

    public long Forwarded => Interlocked.Read(ref _forwarded);

    public long Redelivered => Interlocked.Read(ref _redelivered);

    public long Refused => Interlocked.Read(ref _refused);

    public long Loops => Interlocked.Read(ref _loops);

    public long Requeued => Interlocked.Read(ref _requeued);

    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _starts.Count;
            }
        }
    }

    public TimeSpan OldestAge
    {
        get
        {
            lock (_lock)
            {
                return _starts.First is { } oldest ? time.GetElapsedTime(oldest.Value) : TimeSpan.Zero;
            }
        }
    }

    public TimeSpan? Lag => Interlocked.Read(ref _lagTicks) is >= 0 and { } ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>A message goes to the far side.</summary>
    /// <returns>What <see cref="End"/> needs.</returns>
    public LinkedListNode<long> Begin()
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            return _starts.AddLast(now);
        }
    }

    /// <summary>It was answered, or given up.</summary>
    public void End(LinkedListNode<long> start)
    {
        lock (_lock)
        {
            _starts.Remove(start);
        }
    }

    public void AddForwarded(bool isMarked, DateTimeOffset? timestamp)
    {
        Interlocked.Increment(ref _forwarded);
        if (isMarked)
        {
            Interlocked.Increment(ref _redelivered);
        }

        if (timestamp is { } sent)
        {
            Interlocked.Exchange(ref _lagTicks, Math.Max(0, (time.GetUtcNow() - sent).Ticks));
        }
    }

    public void AddRefused() => Interlocked.Increment(ref _refused);

    public void AddLoop() => Interlocked.Increment(ref _loops);

    public void AddRequeued() => Interlocked.Increment(ref _requeued);
}
