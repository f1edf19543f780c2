using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>The sinks in child processes, one real node, relays before it, and a real cluster.</summary>
internal sealed class Targets : IAsyncDisposable
{
    private const string Queue = "bench";

    private readonly List<ChildProcess> _children = [];
    private readonly List<LocalCluster> _clusters = [];

    public static IReadOnlyList<string> Usual { get; } = ["sink", "single", "unroutable", "classic", "quorum", "cluster", "far0", "far40", "far80"];

    public string Broker { get; private set; } = "no broker";

    public async Task<IReadOnlyList<Target>> StartAsync(BenchmarkPlan plan)
    {
        var targets = new List<Target>();
        int sink = await StartChildAsync("sink");
        foreach (string name in plan.Targets.Where(static name => name is "sink" or "single"))
        {
            int port = name == "sink" ? sink : await StartChildAsync("sink", "single");
            targets.Add(new Target(
                name == "sink" ? "ack-only sink" : "sink, one ack per message", port, Queue, Mandatory: true, plan.SinkCount, MaxShare: 4, WarmUpPort: 0, static () => Task.CompletedTask));
        }

        string[] real = [.. plan.Targets.Except(["sink", "single"], StringComparer.Ordinal)];
        if (real.Length == 0)
        {
            return targets;
        }

        if (LocalCluster.MissingPrerequisite() is { } missing)
        {
            Console.Error.WriteLine($"No broker: {missing}");
            return targets;
        }

        LocalCluster node = await LocalCluster.StartAsync(new ClusterOptions { NodeCount = 1, Mirrored = false });
        _clusters.Add(node);
        Broker = $"RabbitMQ {node.Version}";
        foreach (string name in real)
        {
            targets.Add(await StartAsync(name, plan, node, sink));
        }

        return targets;
    }

    public async ValueTask DisposeAsync()
    {
        _children.ForEach(static child => child.Dispose());
        foreach (LocalCluster cluster in _clusters)
        {
            await cluster.DisposeAsync();
        }
    }

    private static Func<Task> Renewal(LocalCluster cluster, bool quorum) => async () =>
    {
        await cluster.DeleteQueueAsync(Queue);
        await cluster.DeclareQueueAsync(Queue, quorum);
    };

    private async Task<Target> StartAsync(string name, BenchmarkPlan plan, LocalCluster node, int sink)
    {
        int port = node.Nodes[0].Address.Port;
        int count = plan.NodeCount;
        switch (name)
        {
            case "unroutable":
                return new Target("real node, unroutable", port, "nowhere", Mandatory: false, count, MaxShare: 2, sink, static () => Task.CompletedTask);
            case "classic":
                return new Target("real node, durable classic queue, persistent", port, Queue, Mandatory: true, count, MaxShare: 1, sink, Renewal(node, quorum: false)) { HasClassicQueue = true };
            case "quorum":
                return new Target("real node, quorum queue", port, Queue, Mandatory: true, count, MaxShare: 1, sink, Renewal(node, quorum: true));
            case "cluster":
                LocalCluster cluster = await LocalCluster.StartAsync(new ClusterOptions());
                _clusters.Add(cluster);
                return new Target("three nodes, quorum queue", cluster.Nodes[0].Address.Port, Queue, Mandatory: true, count / 2, MaxShare: 1, sink, Renewal(cluster, quorum: true));
            case ['f', 'a', 'r', .. string milliseconds]:
                int relay = await StartChildAsync("relay", port.ToString(CultureInfo.InvariantCulture), milliseconds);
                string title = $"real node behind a relay of {milliseconds} ms round trip, durable classic queue";
                return new Target(title, relay, Queue, Mandatory: true, count, MaxShare: 1, sink, Renewal(node, quorum: false)) { HasClassicQueue = true, Near = title.Replace($" {milliseconds} ms", " 0 ms", StringComparison.Ordinal) };
            default:
                throw new ArgumentException($"There is no target '{name}'.", nameof(name));
        }
    }

    private async Task<int> StartChildAsync(params string[] arguments)
    {
        ChildProcess child = ChildProcess.Start(arguments);
        _children.Add(child);
        return int.Parse(await child.ReadLineAsync(), CultureInfo.InvariantCulture);
    }
}
