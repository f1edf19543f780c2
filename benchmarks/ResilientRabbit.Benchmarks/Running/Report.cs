using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>Medians of the rounds; ratios are medians of the ratios within one round.</summary>
internal sealed class Report(BenchmarkPlan plan, string broker)
{
    private readonly StringBuilder _text = new();
    private readonly List<double> _loads = [];
    private readonly Dictionary<(string Target, int Size), Dictionary<string, List<RunResult>>> _all = [];

    public void Add(Target target, int size, Dictionary<string, List<RunResult>> results)
    {
        _all[(target.Name, size)] = results;
        Dictionary<string, List<RunResult>>? near = target.Near is null ? null : _all.GetValueOrDefault((target.Near, size));
        Line($"## {target.Name}, {size:N0} B");
        Line($"");
        Line($"| contender | msg/s | CPU us/msg | B/msg | p50 ms | p99 ms | call p99 ms | msg/s, tracked = 1 | CPU, tracked / this | msg/s, raw = 1 | msg/s, 0 ms = 1 | lock waits/1000 | pool items/1000 | GC 0/1/2 |");
        Line($"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        results.TryGetValue(ContenderCatalog.Tracked, out List<RunResult>? tracked);
        results.TryGetValue(ContenderCatalog.Raw, out List<RunResult>? raw);
        foreach ((string name, string text, _) in ContenderCatalog.All)
        {
            if (results.TryGetValue(name, out List<RunResult>? runs) && runs.Count > 0)
            {
                AddRow(text, runs, tracked, raw, near?.GetValueOrDefault(name));
            }
        }

        Line($"");
    }

    public string ToMarkdown()
    {
        string Version(Type type) => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "?";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            # Publish benchmark: {plan.Name}

            * Machine: {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; client and server share it.
            * RabbitMQ.Client {Version(typeof(RabbitMQ.Client.IConnection))}, {broker}.
            * {plan.Rounds} rounds, contenders interleaved, each in a process of its own; medians. Window {plan.Window:N0}. Load average during the runs: {_loads.DefaultIfEmpty().Min():N1} to {_loads.DefaultIfEmpty().Max():N1}.
            * CPU, bytes, lock waits and pool items are those of the contender's process. Latency: every {LatencySamples.Every}th message, from the call to its confirm; of batches, the whole batch.


            """) + _text;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Ratio(List<RunResult> runs, List<RunResult>? others, Func<RunResult, RunResult, double> ratio)
        => others is null ? "" : Median(runs.Zip(others, ratio)).ToString("N2", CultureInfo.InvariantCulture);

    private static double PerThousand(long value, RunResult run) => value * 1000.0 / run.Messages;

    private void AddRow(string text, List<RunResult> runs, List<RunResult>? tracked, List<RunResult>? raw, List<RunResult>? near)
    {
        _loads.AddRange(runs.Select(static run => run.LoadAverage));
        double Of(Func<RunResult, double> value) => Median(runs.Select(value));
        string faster = Ratio(runs, tracked, static (mine, other) => mine.PerSecond / other.PerSecond);
        string cheaper = Ratio(runs, tracked, static (mine, other) => other.CpuMicroseconds / mine.CpuMicroseconds);
        string toRaw = Ratio(runs, raw, static (mine, other) => mine.PerSecond / other.PerSecond);
        string toNear = Ratio(runs, near, static (mine, other) => mine.PerSecond / other.PerSecond);
        string call = runs.Exists(static run => double.IsNaN(run.CallP99)) ? "" : Of(static run => run.CallP99).ToString("N3", CultureInfo.InvariantCulture);
        string collections = string.Join('/', Enumerable.Range(0, 3).Select(generation => Of(run => run.Collections[generation])));
        Line($"| {text} | {Of(static run => run.PerSecond):N0} | {Of(static run => run.CpuMicroseconds):N2} | {Of(static run => run.BytesPerMessage):N0} | {Of(static run => run.P50):N2} | {Of(static run => run.P99):N2} | {call} | {faster} | {cheaper} | {toRaw} | {toNear} | {Of(static run => PerThousand(run.LockContentions, run)):N1} | {Of(static run => PerThousand(run.PoolWorkItems, run)):N0} | {collections} |");
    }

    private void Line(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
