using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// The page that a soak run writes: percentiles of the socket faults, every value of the node faults, and what the checker found. What it is made of stands in a file beside, a line for
/// each finding, so that a soak may be done in slices.
/// </summary>
/// <param name="machine">What it ran on.</param>
/// <param name="findings">The file; what it holds already belongs to the page.</param>
public sealed class SoakTable(string machine, string findings)
{
    private readonly List<SoakEntry> _entries = File.Exists(findings) ? [.. File.ReadLines(findings).Select(static line => JsonSerializer.Deserialize<SoakEntry>(line)!)] : [];

    private IEnumerable<SoakEntry> Results => _entries.Where(static entry => entry.Result is not null);

    public void Add(string fault, QueueKind kind, bool isNodeFault, IEnumerable<WayResult> results)
    {
        foreach (WayResult result in results)
        {
            Add(new SoakEntry(fault, kind, isNodeFault, result, null, Load()));
        }
    }

    /// <summary>Adds what the checker found; only runs that were safe get here.</summary>
    public void Add(string fault, QueueKind kind, IEnumerable<Verdict> verdicts)
    {
        foreach (Verdict verdict in verdicts)
        {
            Add(new SoakEntry(fault, kind, false, null, verdict, Load()));
        }
    }

    public string Render()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Failover on a real cluster

            * {machine}
            * Load average during the runs: {_entries.Min(static entry => entry.Load):0} to {_entries.Max(static entry => entry.Load):0}.
            * Two clients at a time, each 8 ordering keys with about 100 messages a second, a burst of 150 at the fault, one consumer; a bare prober beside them: over and over a fresh
              driver connection to each address, one message, its confirm, every 50 ms.
            * *first confirm*: from the fault to the first confirm of a message submitted after it. *every key*: until each ordering key had one. Milliseconds.
            * The prober always has a fresh connection and one message, the client first sends again what was in flight. *bare client*: the driver alone, which at the fault opens a connection and a channel, sends the
              burst and one more message behind it; to that one's confirm, as many of them at a time as there are clients, in strikes of their own.

            ## Socket faults


            """);
        AppendSocketFaults(page);
        page.Append("\n## Node faults: every value\n\n");
        AppendNodeFaults(page);
        page.Append("\n## What the checker found\n\n| fault | queue | attempted | confirmed | lost | out of order | duplicates | of these unmarked | unknown | failed |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var group in _entries.Where(static entry => entry.Verdict is not null).GroupBy(static entry => (entry.Fault, entry.Kind), static entry => entry.Verdict!))
        {
            Verdict v = group.Aggregate(Sum);
            page.Append(CultureInfo.InvariantCulture, $"| {group.Key.Fault} | {Name(group.Key.Kind)} | {v.Attempted} | {v.Acknowledged} | {v.Lost} | {v.Disorder} | {v.Duplicates} | {v.UnmarkedDuplicates} | {v.Unknown} | {v.Failed} |\n");
        }

        return page.ToString();
    }

    private static Verdict Sum(Verdict one, Verdict other) => new()
    {
        Attempted = one.Attempted + other.Attempted,
        Acknowledged = one.Acknowledged + other.Acknowledged,
        Lost = one.Lost + other.Lost,
        Disorder = one.Disorder + other.Disorder,
        Duplicates = one.Duplicates + other.Duplicates,
        UnmarkedDuplicates = one.UnmarkedDuplicates + other.UnmarkedDuplicates,
        Unknown = one.Unknown + other.Unknown,
        Failed = one.Failed + other.Failed,
    };

    private static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    private static string Name(QueueKind kind) => kind.ToString().ToLowerInvariant();

    private static double Milliseconds(TimeSpan? time) => time is { } value ? value.TotalMilliseconds : double.NaN;

    private static string Percentiles(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{At(0.5):0} / {At(0.95):0} / {sorted[^1]:0}");

        double At(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }

    private static double Percentile95(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Ceiling(0.95 * sorted.Length) - 1];
    }

    private static string All(IEnumerable<double> values, string format) => string.Join(", ", values.Select(value => value.ToString(format, CultureInfo.InvariantCulture)));

    private void Add(SoakEntry entry)
    {
        _entries.Add(entry);
        File.AppendAllText(findings, JsonSerializer.Serialize(entry) + Environment.NewLine);
    }

    private void AppendSocketFaults(StringBuilder page)
    {
        page.Append("| fault | queue | way | n | prober p50 / p95 / max | first confirm p50 / p95 / max | every key p50 / p95 / max | bare client with as much p50 / p95 / max | first confirm p95 / prober p95 | / bare client p95 |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var group in Results.Where(static entry => !entry.IsNodeFault).GroupBy(static entry => (entry.Fault, entry.Kind, entry.Result!.Label), static entry => entry.Result!))
        {
            double[] prober = [.. group.Select(static entry => Milliseconds(entry.Prober))];
            double[] first = [.. group.Select(static entry => Milliseconds(entry.FirstConfirm))];
            double[] bare = [.. group.Select(static entry => Milliseconds(entry.Bare))];
            page.Append(CultureInfo.InvariantCulture,
                $"| {group.Key.Fault} | {Name(group.Key.Kind)} | {group.Key.Label} | {first.Length} | {Percentiles(prober)} | {Percentiles(first)} | {Percentiles(group.Select(static entry => Milliseconds(entry.EveryKey)))} | {Percentiles(bare)} | {Percentile95(first) / Percentile95(prober):0.00} | {Percentile95(first) / Percentile95(bare):0.00} |\n");
        }
    }

    private void AppendNodeFaults(StringBuilder page)
    {
        page.Append("| fault | queue | way | prober | first confirm | every key | first confirm / prober |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var group in Results.Where(static entry => entry.IsNodeFault).GroupBy(static entry => (entry.Fault, entry.Kind, entry.Result!.Label), static entry => entry.Result!))
        {
            page.Append(CultureInfo.InvariantCulture,
                $"| {group.Key.Fault} | {Name(group.Key.Kind)} | {group.Key.Label} | {All(group.Select(static entry => Milliseconds(entry.Prober)), "0")} | {All(group.Select(static entry => Milliseconds(entry.FirstConfirm)), "0")} | {All(group.Select(static entry => Milliseconds(entry.EveryKey)), "0")} | {All(group.Select(static entry => entry.Ratio ?? double.NaN), "0.00")} |\n");
        }
    }
}
