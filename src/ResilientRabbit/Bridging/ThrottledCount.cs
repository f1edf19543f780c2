namespace ResilientRabbit.Bridging;

/// <summary>Lets the first of many equal events be told at once and the others at intervals, with their number.</summary>
internal sealed class ThrottledCount(TimeSpan interval, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _count;
    private long? _toldAt;

    /// <summary>Counts one. True when it is to be told, with how many have come since the last time.</summary>
    public bool TryTake(out long count)
    {
        lock (_lock)
        {
            count = ++_count;
            if (_toldAt is { } told && time.GetElapsedTime(told) < interval)
            {
                return false;
            }

            _toldAt = time.GetTimestamp();
            _count = 0;
            return true;
        }
    }
}
