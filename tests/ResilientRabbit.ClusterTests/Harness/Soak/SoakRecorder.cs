using System.Globalization;
using System.Runtime.InteropServices;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Does the faults of a soak run that the environment asks for, and writes the page after each. The variables are described where they are set: <c>.ci/soak</c>.</summary>
public sealed class SoakRecorder(IRabbitCluster cluster)
{
    /// <summary>Sessions that die before they are five seconds old make the client slow down, on purpose: strikes are meant to be faults of their own.</summary>
    public static readonly TimeSpan BetweenStrikes = TimeSpan.FromSeconds(6);

    /// <summary>How often a fault strikes that leaves nothing to be repaired.</summary>
    public static readonly int SocketRuns = Number("RR_SOAK_SOCKET_RUNS", 20);

    /// <summary>How often a fault strikes after which nodes or proxies have to be repaired.</summary>
    public static readonly int NodeRuns = Number("RR_SOAK_NODE_RUNS", 5);

    private readonly List<string> _failures = [];

    /// <summary>The page.</summary>
    public SoakTable Table { get; } = new(string.Create(CultureInfo.InvariantCulture,
        $"Machine: {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; {cluster.Description}, net_ticktime 5 s; clients, nodes and prober share it."), PathOf("RR_SOAK_FINDINGS", "soak-findings.jsonl"));

    /// <summary>A fault's name as a part of names at the broker.</summary>
    public static string Slug(string fault) => "soak-" + new string([.. fault.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')]);

    /// <summary>Does a fault, if it is asked for. A run that was not safe is a failure in the end, and the others go on.</summary>
    public async Task RecordAsync(string fault, QueueKind kind, Func<Task> run)
    {
        if (!IsNamed("RR_SOAK_FAULTS", fault) || !IsNamed("RR_SOAK_QUEUES", kind.ToString()))
        {
            return;
        }

        try
        {
            await run();
            await File.WriteAllTextAsync(PathOf("RR_SOAK_OUTPUT", "failover.md"), Table.Render());
        }
        catch (Exception exception)
        {
            _failures.Add($"{fault}: {exception.Message}");
            FaultReport.Write($"soak {fault} | {exception.Message}");
        }
    }

    /// <summary>Does a fault that has to be repaired as often as is asked for.</summary>
    public async Task RepeatAsync(string fault, QueueKind kind, Func<Task> run)
    {
        for (int number = 0; number < NodeRuns; number++)
        {
            await RecordAsync(fault, kind, run);
        }
    }

    public void AssertSafe() => Assert.Empty(_failures);

    private static string PathOf(string variable, string otherwise) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? path : Path.Combine(AppContext.BaseDirectory, otherwise);

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private static bool IsNamed(string variable, string name)
        => Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } wanted || wanted.Split(';').Any(one => name.Contains(one.Trim(), StringComparison.OrdinalIgnoreCase));
}
