using System.Diagnostics;

namespace ResilientRabbit.Benchmarks;

/// <summary>Confirm latencies of every 64th message, in memory of its own so that collecting them allocates nothing. Thread-safe.</summary>
internal sealed class LatencySamples(int capacity)
{
    public const int Every = 64;

    private readonly long[] _ticks = new long[capacity];
    private int _count;

    public static bool Takes(int index) => index % Every == 0;

    public void AddSince(long start)
    {
        int index = Interlocked.Increment(ref _count) - 1;
        if (index < _ticks.Length)
        {
            _ticks[index] = Stopwatch.GetTimestamp() - start;
        }
    }

    /// <summary>The quantile in milliseconds, not a number when nothing was collected.</summary>
    public double Quantile(double part)
    {
        int count = Math.Min(_count, _ticks.Length);
        if (count == 0)
        {
            return double.NaN;
        }

        Array.Sort(_ticks, 0, count);
        return _ticks[Math.Min(count - 1, (int)(count * part))] * 1000.0 / Stopwatch.Frequency;
    }
}
