using System.Globalization;
using System.Text;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>The page that a soak run writes: percentiles of the socket faults, every value of the node faults, and what the checker found.</summary>
public sealed class SoakTable(string machine)
{
    private readonly List<SoakEntry> _entries = [];
    private readonly Dictionary<(string Fault, QueueKind Kind), Verdict> _verdicts = [];
    private readonly List<double> _loads = [];

    public void Add(string fault, QueueKind kind, bool isNodeFault, IEnumerable<WayResult> results)
    {
        _entries.AddRange(results.Select(result => new SoakEntry(fault, kind, isNodeFault, result)));
        _loads.Add(double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Adds up what the checker found; only runs that were safe get here.</summary>
    public void Add(string fault, QueueKind kind, IEnumerable<Verdict> verdicts)
    {
        Verdict sum = verdicts.Append(_verdicts.GetValueOrDefault((fault, kind), new Verdict())).Aggregate(static (one, other) => new Verdict
        {
            Attempted = one.Attempted + other.Attempted,
            Acknowledged = one.Acknowledged + other.Acknowledged,
            Found = one.Found + other.Found,
            Lost = one.Lost + other.Lost,
            Disorder = one.Disorder + other.Disorder,
            Duplicates = one.Duplicates + other.Duplicates,
            UnmarkedDuplicates = one.UnmarkedDuplicates + other.UnmarkedDuplicates,
            Unknown = one.Unknown + other.Unknown,
            Failed = one.Failed + other.Failed,
        });
        _verdicts[(fault, kind)] = sum;
    }

    public string Render()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Failover on a real cluster

            * {machine}
            * Load average during the runs: {_loads.Min():0} to {_loads.Max():0}.
            * Two clients at a time, each 8 ordering keys with about 100 messages a second, a burst of 150 at the fault, one consumer; a bare prober beside them: over and over a fresh
              driver connection to each address, one message, its confirm, every 50 ms.
            * *first confirm*: from the fault to the first confirm of a message submitted after it. *every key*: until each ordering key had one. Milliseconds.
            * The prober always has a fresh connection, the client first sends again what was in flight: below a second or so the ratio says little on a busy machine.

            ## Socket faults


            """);
        AppendSocketFaults(page);
        page.Append("\n## Node faults: every value\n\n");
        AppendNodeFaults(page);
        page.Append("\n## What the checker found\n\n| fault | queue | attempted | confirmed | lost | out of order | duplicates | of these unmarked | unknown | failed |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (((string fault, QueueKind kind), Verdict v) in _verdicts)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {fault} | {Name(kind)} | {v.Attempted} | {v.Acknowledged} | {v.Lost} | {v.Disorder} | {v.Duplicates} | {v.UnmarkedDuplicates} | {v.Unknown} | {v.Failed} |\n");
        }

        return page.ToString();
    }

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

    private void AppendSocketFaults(StringBuilder page)
    {
        page.Append("| fault | queue | way | n | prober p50 / p95 / max | first confirm p50 / p95 / max | every key p50 / p95 / max | first confirm p95 / prober p95 |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var group in _entries.Where(static entry => !entry.IsNodeFault).GroupBy(static entry => (entry.Fault, entry.Kind, entry.Result.Label)))
        {
            double[] prober = [.. group.Select(static entry => Milliseconds(entry.Result.Prober))];
            double[] first = [.. group.Select(static entry => Milliseconds(entry.Result.FirstConfirm))];
            page.Append(CultureInfo.InvariantCulture,
                $"| {group.Key.Fault} | {Name(group.Key.Kind)} | {group.Key.Label} | {first.Length} | {Percentiles(prober)} | {Percentiles(first)} | {Percentiles(group.Select(static entry => Milliseconds(entry.Result.EveryKey)))} | {Percentile95(first) / Percentile95(prober):0.00} |\n");
        }
    }

    private void AppendNodeFaults(StringBuilder page)
    {
        page.Append("| fault | queue | way | prober | first confirm | every key | first confirm / prober |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var group in _entries.Where(static entry => entry.IsNodeFault).GroupBy(static entry => (entry.Fault, entry.Kind, entry.Result.Label)))
        {
            page.Append(CultureInfo.InvariantCulture,
                $"| {group.Key.Fault} | {Name(group.Key.Kind)} | {group.Key.Label} | {All(group.Select(static entry => Milliseconds(entry.Result.Prober)), "0")} | {All(group.Select(static entry => Milliseconds(entry.Result.FirstConfirm)), "0")} | {All(group.Select(static entry => Milliseconds(entry.Result.EveryKey)), "0")} | {All(group.Select(static entry => entry.Result.Ratio ?? double.NaN), "0.00")} |\n");
        }
    }
}
