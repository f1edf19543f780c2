namespace ResilientRabbit.Testing;

/// <summary>What one direction of the line between a <see cref="FrameProxy"/> and its broker is like. Changes count for what comes after them. Thread-safe.</summary>
/// <remarks>A model of a network, and so, unlike the faults, it runs on the clock: a delay is never shorter than it says, and may be some milliseconds longer.</remarks>
public sealed class LineConditions
{
    private long _latencyTicks;
    private long _jitterTicks;
    private long _bytesPerSecond;

    /// <summary>How long bytes take in this direction: half of what the line adds to a round trip.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan Latency
    {
        get => new(Interlocked.Read(ref _latencyTicks));
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            Interlocked.Exchange(ref _latencyTicks, value.Ticks);
        }
    }

    /// <summary>By how much the latency varies: evenly between nothing and this much more. Bytes never overtake each other.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan Jitter
    {
        get => new(Interlocked.Read(ref _jitterTicks));
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            Interlocked.Exchange(ref _jitterTicks, value.Ticks);
        }
    }

    /// <summary>How many bytes each connection may move in a second; 0: as many as it can.</summary>
    /// <value>Default: 0.</value>
    public long BytesPerSecond
    {
        get => Interlocked.Read(ref _bytesPerSecond);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Interlocked.Exchange(ref _bytesPerSecond, value);
        }
    }

    internal bool AreClear => Latency == TimeSpan.Zero && Jitter == TimeSpan.Zero && BytesPerSecond == 0;
}
