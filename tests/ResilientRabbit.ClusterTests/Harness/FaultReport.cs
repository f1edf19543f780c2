using System.Globalization;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Writes what a fault scenario measured to the test's output and, for the build's log, to a file beside the test.</summary>
public static class FaultReport
{
    private static readonly Lock Gate = new();

    public static void Write(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        string path = Environment.GetEnvironmentVariable("RR_FAULT_REPORT") is { Length: > 0 } chosen ? chosen : Path.Combine(AppContext.BaseDirectory, "fault-report.txt");
        lock (Gate)
        {
            File.AppendAllText(path, text + Environment.NewLine);
        }
    }

    public static string Milliseconds(TimeSpan? time) => time is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:0} ms") : "never";
}
