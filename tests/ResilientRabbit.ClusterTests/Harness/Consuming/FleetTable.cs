using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// The page of what consumers cost in each fault: every value, beside the prober. What it is made of stands in a file beside, a line for each finding, so that it may be measured in
/// slices.
/// </summary>
/// <param name="machine">What it ran on.</param>
/// <param name="findings">The file; what it holds already belongs to the page.</param>
public sealed class FleetTable(string machine, string findings)
{
    private readonly List<FleetFinding> _findings = File.Exists(findings) ? [.. File.ReadLines(findings).Select(static line => JsonSerializer.Deserialize<FleetFinding>(line)!)] : [];

    public void Add(string fault, QueueKind kind, string way, TimeSpan prober, TimeSpan silence)
    {
        double load = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        var finding = new FleetFinding(fault, kind, way, prober.TotalMilliseconds, silence.TotalMilliseconds, load);
        _findings.Add(finding);
        File.AppendAllText(findings, JsonSerializer.Serialize(finding) + Environment.NewLine);
    }

    public string Render()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Consumers after a fault

            * {machine}
            * Load average during the runs: {_findings.Min(static finding => finding.Load):0} to {_findings.Max(static finding => finding.Load):0}.
            * Each consumer has a queue of its own, fed with some 40 messages a second; all queues are led by the node that is hurt. *direct*: all nodes as endpoints; *haproxy*: one address
              with all nodes behind it; *survivor*: one node that stays up; *-cancel*: with `CancelOnHaFailover`.
            * *silence*: the longest time without a handled message from the fault until every consumer had a message that was published after it. *prober*: the same of a bare prober, over
              and over a fresh driver connection to each node, one message, consume, its delivery, every 100 ms. Milliseconds, every value, in the order of the runs.
            * The goal: at most 2,000 ms more than the prober.

            | fault | queue | way | n | prober | silence | silence less prober: worst |
            | --- | --- | --- | ---: | --- | --- | ---: |

            """);
        foreach (var group in _findings.GroupBy(static finding => (finding.Fault, finding.Kind, finding.Way)))
        {
            FleetFinding[] all = [.. group];
            page.Append(CultureInfo.InvariantCulture,
                $"| {group.Key.Fault} | {group.Key.Kind.ToString().ToLowerInvariant()} | {group.Key.Way} | {all.Length} | {All(all.Select(static finding => finding.ProberMilliseconds))} | {All(all.Select(static finding => finding.SilenceMilliseconds))} | {all.Max(static finding => finding.SilenceMilliseconds - finding.ProberMilliseconds):0} |\n");
        }

        return page.ToString();
    }

    private static string All(IEnumerable<double> values) => string.Join(", ", values.Select(static value => value.ToString("0", CultureInfo.InvariantCulture)));
}
