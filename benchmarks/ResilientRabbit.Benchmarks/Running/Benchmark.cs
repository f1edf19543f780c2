using System.Globalization;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>Runs the plan: in each round every contender once, each in a process of its own, so that what else the machine does hits all alike.</summary>
internal static class Benchmark
{
    public static async Task RunAsync(BenchmarkPlan plan)
    {
        await using var targets = new Targets();
        IReadOnlyList<Target> all = await targets.StartAsync(plan);
        var report = new Report(plan, targets.Broker);
        foreach (Target target in all)
        {
            foreach (int size in plan.BodySizes)
            {
                report.Add(target, size, await MeasureAsync(plan, target, size));
            }
        }

        string text = report.ToMarkdown();
        Console.WriteLine(text);
        if (FindResults() is { } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, plan.Name + ".md"), text);
        }
    }

    private static async Task<Dictionary<string, List<RunResult>>> MeasureAsync(BenchmarkPlan plan, Target target, int size)
    {
        var results = plan.Contenders.ToDictionary(static name => name, static _ => new List<RunResult>(), StringComparer.Ordinal);
        string[] contenders = [.. plan.Contenders.Where(name => target.HasClassicQueue || name != ContenderCatalog.MassTransit)];
        for (int round = 0; round < plan.Rounds; round++)
        {
            // Another one first in each round: a node still works on what the one before has left.
            int first = round * Math.Max(1, contenders.Length / plan.Rounds);
            foreach (string name in contenders.Select((_, index) => contenders[(first + index) % contenders.Length]))
            {
                await target.ResetAsync();
                RunResult? result = await TryMeasureAsync(SettingsOf(plan, target, size, name));
                if (result is null)
                {
                    // Ratios pair the runs of one round by their order; a contender that hangs loses its last one.
                    Console.Error.WriteLine($"{target.Name} {size} B {name}: no result within the limit");
                    continue;
                }

                results[name].Add(result);
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{target.Name} {size} B {name}: {result.PerSecond:N0}/s, {result.CpuMicroseconds:N2} us, {result.BytesPerMessage:N0} B, {result.Seconds:N2} s, load {result.LoadAverage}"));
                foreach ((string type, double bytes) in result.BytesByType)
                {
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {bytes,8:N1} B  {type}"));
                }
            }
        }

        return results;
    }

    private static async Task<RunResult?> TryMeasureAsync(RunSettings settings)
    {
        try
        {
            await QuietMachine.WaitAsync();
            return await ChildProcess.MeasureAsync(settings);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static RunSettings SettingsOf(BenchmarkPlan plan, Target target, int size, string name)
    {
        double share = Math.Min(ContenderCatalog.All.First(contender => contender.Name == name).Share, target.MaxShare);
        return new RunSettings
        {
            Contender = name,
            Port = target.Port,
            RoutingKey = target.RoutingKey,
            Mandatory = target.Mandatory,
            // One after the other takes a round trip and a flush of the disk each.
            Count = name.EndsWith("-each", StringComparison.Ordinal) && target.WarmUpPort != 0 ? 1_000 : Math.Max(10_000, (int)(target.Count * share)) / 10_000 * 10_000,
            BodySize = size,
            Window = plan.Window,
            WarmUpMilliseconds = plan.WarmUpMilliseconds,
            // The sink does not understand what MassTransit declares.
            WarmUpPort = name == ContenderCatalog.MassTransit ? 0 : target.WarmUpPort,
            Profile = plan.Profile,
        };
    }

    private static string? FindResults()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string results = Path.Combine(folder.FullName, "benchmarks", "results");
            if (Directory.Exists(results))
            {
                return results;
            }
        }

        return null;
    }
}
