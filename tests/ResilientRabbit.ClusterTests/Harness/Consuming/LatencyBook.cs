using System.Collections.Concurrent;
using System.Diagnostics;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>How long messages took from the publishing call to their handler, which read the time from the body.</summary>
public sealed class LatencyBook
{
    private readonly ConcurrentQueue<double> _milliseconds = new();

    public int Count => _milliseconds.Count;

    public static byte[] Stamp() => BitConverter.GetBytes(Stopwatch.GetTimestamp());

    public void Add(ReceivedMessage message) => _milliseconds.Enqueue(Stopwatch.GetElapsedTime(BitConverter.ToInt64(message.Body.Span)).TotalMilliseconds);

    /// <param name="quantile">From 0 to 1.</param>
    /// <returns>In milliseconds.</returns>
    public double Of(double quantile)
    {
        double[] sorted = [.. _milliseconds.Order()];
        return sorted[(int)((sorted.Length - 1) * quantile)];
    }
}
