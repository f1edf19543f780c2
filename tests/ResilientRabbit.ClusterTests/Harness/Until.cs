using System.Diagnostics;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Waits with a bound for what another process or thread brings about.</summary>
public static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition, Func<string> describe)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, describe());
            await Task.Delay(20);
        }
    }
}
