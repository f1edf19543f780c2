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

    public void Add(string fault, QueueKind kind, SoakSection section, IEnumerable<WayResult> results, TimeSpan? addressMoved = null)
    {
        foreach (WayResult result in results)
        {
            Add(new SoakEntry(fault, kind, section, result, null, null, addressMoved, Load()));
        }
    }

    /// <summary>Adds what clients saw that do nothing.</summary>
    public void Add(string fault, QueueKind kind, SoakSection section, IEnumerable<IdleResult> results, TimeSpan? addressMoved = null)
    {
        foreach (IdleResult result in results)
        {
            Add(new SoakEntry(fault, kind, section, null, result, null, addressMoved, Load()));
        }
    }

    /// <summary>Adds what the checker found; only runs that were safe get here.</summary>
    public void Add(string fault, QueueKind kind, IEnumerable<Verdict> verdicts)
    {
        foreach (Verdict verdict in verdicts)
        {
            Add(new SoakEntry(fault, kind, default, null, null, verdict, null, Load()));
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
        page.Append(CultureInfo.InvariantCulture, $"""

            ## Silence: packets lost on the way to one of three addresses

            * Heartbeat {SilentClients.Heartbeat.TotalSeconds:0} s, stall limit {SilentClients.Stall.TotalSeconds:0} s. Goals: with messages in flight every key after {SilentClients.BusyGoal.TotalMilliseconds:0} ms, idle clients have all connections back after {SilentClients.IdleGoal.TotalMilliseconds:0} ms.


            """);
        AppendSilence(page);
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
        foreach (var group in Busy(SoakSection.Sockets).GroupBy(static entry => (entry.Fault, entry.Kind, entry.Result!.Label), static entry => entry.Result!))
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
        page.Append("| fault | queue | way | prober | first confirm | every key | first confirm / prober | VRRP |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var group in Busy(SoakSection.Nodes).GroupBy(static entry => (entry.Fault, entry.Kind, entry.Result!.Label)))
        {
            WayResult[] results = [.. group.Select(static entry => entry.Result!)];
            page.Append(CultureInfo.InvariantCulture,
                $"| {group.Key.Fault} | {Name(group.Key.Kind)} | {group.Key.Label} | {All(results.Select(static entry => Milliseconds(entry.Prober)), "0")} | {All(results.Select(static entry => Milliseconds(entry.FirstConfirm)), "0")} | {All(results.Select(static entry => Milliseconds(entry.EveryKey)), "0")} | {All(results.Select(static entry => entry.Ratio ?? double.NaN), "0.00")} | {Moved(group)} |\n");
        }

        page.Append("\nClients that do nothing, until they had all connections back:\n\n| fault | way | all back | VRRP |\n| --- | --- | --- | --- |\n");
        foreach (var group in Idle(SoakSection.Nodes).GroupBy(static entry => (entry.Fault, entry.Idle!.Label)))
        {
            page.Append(CultureInfo.InvariantCulture, $"| {group.Key.Fault} | {group.Key.Label} | {All(group.Select(static entry => Milliseconds(entry.Idle!.Back)), "0")} | {Moved(group)} |\n");
        }

        static string Moved(IEnumerable<SoakEntry> group) => All(group.Where(static entry => entry.AddressMoved is not null).Select(static entry => Milliseconds(entry.AddressMoved)), "0");
    }

    private void AppendSilence(StringBuilder page)
    {
        page.Append("| fault | client | n | p50 / p95 / max | over the goal |\n| --- | --- | ---: | ---: | ---: |\n");
        foreach (var fault in _entries.Where(static entry => entry.Section == SoakSection.Silence).GroupBy(static entry => entry.Fault, StringComparer.Ordinal))
        {
            AppendSilence(page, fault.Key, "publishing, every key", SilentClients.BusyGoal, [.. fault.Where(static entry => entry.Result is not null).Select(static entry => entry.Result!.EveryKey)]);
            AppendSilence(page, fault.Key, "idle, all back", SilentClients.IdleGoal, [.. fault.Where(static entry => entry.Idle is not null).Select(static entry => entry.Idle!.Back)]);
        }
    }

    private static void AppendSilence(StringBuilder page, string fault, string client, TimeSpan goal, TimeSpan?[] times)
        => page.Append(CultureInfo.InvariantCulture, $"| {fault} | {client} | {times.Length} | {Percentiles(times.Select(Milliseconds))} | {times.Count(time => time is null || time > goal)} |\n");

    private IEnumerable<SoakEntry> Busy(SoakSection section) => _entries.Where(entry => entry.Section == section && entry.Result is not null);

    private IEnumerable<SoakEntry> Idle(SoakSection section) => _entries.Where(entry => entry.Section == section && entry.Idle is not null);
}
