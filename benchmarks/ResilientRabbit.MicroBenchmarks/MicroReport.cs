using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace ResilientRabbit.MicroBenchmarks;

/// <summary>One table of all that was measured, without anything that names the machine.</summary>
internal static class MicroReport
{
    public static string ToMarkdown(IReadOnlyList<Summary> summaries, bool isShort)
    {
        string version = typeof(BenchmarkRunner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            # Parts of the way of a message

            * Machine: {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}. Load average at the end: {LoadAverage()}.
            * BenchmarkDotNet {version}{(isShort ? ", short run" : "")}, in its own process; medians, and the middle half of the iterations.

            | what | ns | middle half | B |
            | --- | ---: | ---: | ---: |

            """));
        foreach (BenchmarkReport report in summaries.SelectMany(static summary => summary.Reports))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {NameOf(report.BenchmarkCase)} | {Measured(report)} |\n");
        }

        return text.ToString();
    }

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string NameOf(BenchmarkCase benchmark)
    {
        string name = benchmark.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
        return benchmark.HasParameters ? $"{name}, {benchmark.Parameters.DisplayInfo.Trim('[', ']')}" : name;
    }

    private static string Measured(BenchmarkReport report) => report.ResultStatistics is { } statistics
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{statistics.Median:N1} | {statistics.Q1:N1} to {statistics.Q3:N1} | {report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)}")
        : "failed | | ";
}
