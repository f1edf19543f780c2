using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>The sink in a child process and one real node with a durable queue.</summary>
internal sealed class Targets : IAsyncDisposable
{
    private const string Queue = "bench";

    private ChildProcess? _sink;
    private ChildProcess? _singleSink;
    private LocalCluster? _cluster;

    public string Broker { get; private set; } = "no broker";

    public async Task<IReadOnlyList<Target>> StartAsync(BenchmarkPlan plan)
    {
        var targets = new List<Target>();
        _sink = ChildProcess.Start("sink");
        int sinkPort = int.Parse(await _sink.ReadLineAsync(), CultureInfo.InvariantCulture);
        if (plan.WithSink)
        {
            targets.Add(new Target("ack-only sink", sinkPort, Queue, Mandatory: true, plan.SinkCount, MaxShare: 4, WarmUpPort: 0, static () => Task.CompletedTask));
            _singleSink = ChildProcess.Start("sink", "single");
            int singlePort = int.Parse(await _singleSink.ReadLineAsync(), CultureInfo.InvariantCulture);
            targets.Add(new Target("sink, one ack per message", singlePort, Queue, Mandatory: true, plan.SinkCount, MaxShare: 4, WarmUpPort: 0, static () => Task.CompletedTask));
        }

        if (!plan.WithNode)
        {
            return targets;
        }

        if (LocalCluster.MissingPrerequisite() is { } missing)
        {
            Console.Error.WriteLine($"No broker: {missing}");
            return targets;
        }

        _cluster = await StartNodeAsync();
        Broker = $"RabbitMQ {_cluster.Version}, one node";
        int nodePort = _cluster.Nodes[0].Address.Port;
        await _cluster.DeclareQueueAsync(Queue, quorum: false);
        targets.Add(new Target("real node, unroutable", nodePort, "nowhere", Mandatory: false, plan.NodeCount, MaxShare: 2, sinkPort, static () => Task.CompletedTask));
        targets.Add(new Target("real node, durable classic queue, persistent", nodePort, Queue, Mandatory: true, plan.NodeCount, MaxShare: 1, sinkPort, RenewQueueAsync));
        return targets;
    }

    public async ValueTask DisposeAsync()
    {
        _sink?.Dispose();
        _singleSink?.Dispose();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    /// <summary>On a busy machine a node may accept connections before it calls itself running, which the cluster library reports as a failure: twice more.</summary>
    private static async Task<LocalCluster> StartNodeAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await LocalCluster.StartAsync(new ClusterOptions { NodeCount = 1, Mirrored = false });
            }
            catch (InvalidOperationException exception) when (attempt < 3)
            {
                Console.Error.WriteLine($"The node did not start: {exception.Message}");
            }
        }
    }

    private async Task RenewQueueAsync()
    {
        await _cluster!.DeleteQueueAsync(Queue);
        await _cluster.DeclareQueueAsync(Queue, quorum: false);
    }
}
