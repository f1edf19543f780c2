using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>
/// Waits between two measurements: this process's compiler was seen to take three quarters of a processor after starting nodes, and a node works for seconds on what the
/// contender before has published.
/// </summary>
internal static class QuietMachine
{
    private const double BusyShare = 0.1;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>Until the machine was idle for a moment, or for some seconds if it never is.</summary>
    public static async Task WaitAsync()
    {
        long start = Stopwatch.GetTimestamp();
        double busy;
        do
        {
            (double idle, double all) = Times();
            await Task.Delay(Look, TimeProvider.System);
            (double idleLater, double allLater) = Times();
            busy = 1 - ((idleLater - idle) / Math.Max(1, allLater - all));
        }
        while (busy > BusyShare && Stopwatch.GetElapsedTime(start) < Patience);
    }

    /// <summary>Idle and all time of the processors; of this process only where the system does not tell.</summary>
    private static (double Idle, double All) Times()
    {
        if (File.Exists("/proc/stat"))
        {
            double[] times = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static text => double.Parse(text, CultureInfo.InvariantCulture))];
            return (times[3] + times[4], times.Sum());
        }

        double all = Environment.TickCount64 * Environment.ProcessorCount;
        return (all - Environment.CpuUsage.TotalTime.TotalMilliseconds, all);
    }
}
