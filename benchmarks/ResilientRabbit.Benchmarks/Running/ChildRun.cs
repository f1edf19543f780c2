using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text.Json;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>Measures one contender; the whole life of a child process.</summary>
internal static class ChildRun
{
    private static readonly TimeSpan QuietCompiler = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(12);

    public static async Task RunAsync(RunSettings settings)
    {
        RunSettings warm = settings.WarmUpPort == 0 ? settings : settings with { Port = settings.WarmUpPort };
        await using (Contenders.IContender first = ContenderCatalog.Create(warm))
        {
            await first.OpenAsync();
            await WarmUpAsync(first, warm);
        }

        await using Contenders.IContender contender = ContenderCatalog.Create(settings);
        await contender.OpenAsync();
        await contender.PublishAsync(settings.Window, null);

        // For the compiler's background thread, and for the broker to finish what the warm-up left.
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var samples = new LatencySamples((settings.Count / LatencySamples.Every) + 1024);
        using AllocationSampler? sampler = settings.Profile ? new AllocationSampler() : null;
        Console.WriteLine(JsonSerializer.Serialize(await MeasureAsync(contender, settings, samples, sampler), RunResult.Json));
    }

    /// <summary>The 1-minute load average, not a number where there is none.</summary>
    public static double LoadAverage()
        => File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : double.NaN;

    /// <summary>
    /// The same work until the compiler is through with it: on a small machine its background thread would else take a good part of the
    /// measurement, from the contender and from a broker beside it.
    /// </summary>
    private static async Task WarmUpAsync(Contenders.IContender contender, RunSettings settings)
    {
        long start = Stopwatch.GetTimestamp();
        long compiledAt = start;
        long compiled = 0;
        int piece = Math.Clamp(settings.Count / 20, 100, 20_000);
        do
        {
            await contender.PublishAsync(piece, null);
            long now = JitInfo.GetCompiledMethodCount();
            if (now != compiled)
            {
                (compiled, compiledAt) = (now, Stopwatch.GetTimestamp());
            }
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < settings.WarmUpMilliseconds
            || (Stopwatch.GetElapsedTime(compiledAt) < QuietCompiler && Stopwatch.GetElapsedTime(start) < LongestWarmUp));
    }

    private static async Task<RunResult> MeasureAsync(Contenders.IContender contender, RunSettings settings, LatencySamples samples, AllocationSampler? sampler)
    {
        int[] collections = [.. Enumerable.Range(0, 3).Select(GC.CollectionCount)];
        long contentions = Monitor.LockContentionCount;
        long items = ThreadPool.CompletedWorkItemCount;
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        sampler?.Start();
        long start = Stopwatch.GetTimestamp();
        await contender.PublishAsync(settings.Count, samples);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        sampler?.Stop();
        return new RunResult
        {
            Messages = settings.Count,
            Seconds = seconds,
            CpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - bytes,
            P50 = samples.Quantile(0.5),
            P99 = samples.Quantile(0.99),
            CallP99 = samples.CallQuantile(0.99),
            LockContentions = Monitor.LockContentionCount - contentions,
            PoolWorkItems = ThreadPool.CompletedWorkItemCount - items,
            Collections = [.. collections.Select(static (before, generation) => GC.CollectionCount(generation) - before)],
            LoadAverage = LoadAverage(),
            BytesByType = sampler?.BytesByType(settings.Count) ?? [],
        };
    }
}
