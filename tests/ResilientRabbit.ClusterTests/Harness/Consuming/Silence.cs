using System.Diagnostics;

namespace ResilientRabbit.ClusterTests.Harness;

public static class Silence
{
    /// <summary>The longest time between two neighbouring events, the beginning and the end of the interval included.</summary>
    public static TimeSpan Longest(IEnumerable<long> timestamps, long from, long until)
    {
        TimeSpan longest = TimeSpan.Zero;
        long before = from;
        foreach (long timestamp in timestamps.Where(timestamp => timestamp > from && timestamp < until).Order().Append(until))
        {
            TimeSpan silence = Stopwatch.GetElapsedTime(before, timestamp);
            longest = silence > longest ? silence : longest;
            before = timestamp;
        }

        return longest;
    }
}
