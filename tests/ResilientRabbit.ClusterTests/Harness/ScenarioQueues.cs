using System.Collections.Concurrent;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// What the workloads of one scenario share: a fanout exchange, a queue that the SDK consumes, and a queue that is left alone and drained
/// by the plain driver in the end, so that what is found owes nothing to our own counters. Shared, so that one prober measures for all.
/// </summary>
public sealed class ScenarioQueues(string name, QueueKind kind)
{
    public string Exchange { get; } = "x-" + name;

    public string TruthQueue { get; } = "truth-" + name;

    public string WorkQueue { get; } = "work-" + name;

    /// <summary>Message ids that handlers of any workload have seen.</summary>
    public ConcurrentDictionary<string, int> Handled { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> All => [TruthQueue, WorkQueue, WorkQueue + ".dead-letter", WorkQueue + ".retry.5000"];

    public Topology Topology()
    {
        TopologyBuilder builder = new TopologyBuilder().Exchange(Exchange, "fanout");
        foreach (string queue in (string[])[TruthQueue, WorkQueue])
        {
            builder = (kind == QueueKind.Quorum ? builder.QuorumQueue(queue) : builder.ClassicQueue(queue)).Bind(queue, Exchange);
        }

        return builder.Build();
    }
}
