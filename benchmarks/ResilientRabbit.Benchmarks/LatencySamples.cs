using System.Diagnostics;

namespace ResilientRabbit.Benchmarks;

/// <summary>Confirm latencies of every 64th message, in memory of its own so that collecting them allocates nothing. Thread-safe.</summary>
internal sealed class LatencySamples(int capacity)
{
    public const int Every = 64;

    private readonly long[] _ticks = new long[capacity];
    private readonly long[] _callTicks = new long[capacity];
    private int _count;
    private int _callCount;

    public static bool Takes(int index) => index % Every == 0;

    public void AddSince(long start)
    {
        int index = Interlocked.Increment(ref _count) - 1;
        if (index < _ticks.Length)
        {
            _ticks[index] = Stopwatch.GetTimestamp() - start;
        }
    }

    /// <summary>The publishing call has returned, whatever its task will say.</summary>
    public void AddCallSince(long start)
    {
        int index = Interlocked.Increment(ref _callCount) - 1;
        if (index < _callTicks.Length)
        {
            _callTicks[index] = Stopwatch.GetTimestamp() - start;
        }
    }

    /// <summary>The quantile of the calls in milliseconds, not a number when nothing was collected.</summary>
    public double CallQuantile(double part) => Quantile(_callTicks, _callCount, part);

    /// <summary>The quantile in milliseconds, not a number when nothing was collected.</summary>
    public double Quantile(double part) => Quantile(_ticks, _count, part);

    private static double Quantile(long[] ticks, int added, double part)
    {
        int count = Math.Min(added, ticks.Length);
        if (count == 0)
        {
            return double.NaN;
        }

        Array.Sort(ticks, 0, count);
        return ticks[Math.Min(count - 1, (int)(count * part))] * 1000.0 / Stopwatch.Frequency;
    }
}
