using ResilientRabbit.Clusters;
using ResilientRabbit.Testing;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>Three nodes of the in-process broker in the place of a real cluster: for a look at the demo where no RabbitMQ can be installed. It proves nothing about RabbitMQ.</summary>
internal sealed class EmbeddedCluster : IRabbitCluster
{
    private readonly TestCluster _cluster;
    private readonly EmbeddedNode[] _nodes;

    private EmbeddedCluster(TestCluster cluster)
    {
        _cluster = cluster;
        _nodes = [.. cluster.Nodes.Select(static (broker, index) => new EmbeddedNode(broker, $"node{index + 1}@embedded"))];
    }

    public string Description => $"{_nodes.Length} in-process nodes, no RabbitMQ";

    public string Version => "in-process";

    public int WipeCount => 0;

    public IReadOnlyList<IRabbitNode> Nodes => _nodes;

    public ClusterAddress? Proxy => null;

    public string UserName => _cluster.UserName!;

    public string Password => _cluster.Password!;

    public static async Task<EmbeddedCluster> StartAsync(int nodes, CancellationToken cancellationToken)
        => new(await TestCluster.StartAsync(nodes, new TestClusterOptions { Broker = new TestBrokerOptions { KeepJournal = false }, MirroredQueues = ".*" }, cancellationToken));

    /// <summary>The node of each connection, by the connection's name.</summary>
    public IReadOnlyDictionary<string, string> ListConnections() => _nodes
        .Where(static node => node.IsRunning)
        .SelectMany(static node => node.Broker.Connections().Select(connection => (Name: connection.ClientProvidedName, Node: node.Name)))
        .Where(static connection => connection.Name is not null)
        .GroupBy(static connection => connection.Name!, StringComparer.Ordinal)
        .ToDictionary(static group => group.Key, static group => group.Last().Node, StringComparer.Ordinal);

    public Task<IRabbitNode> GetQueueLeaderAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default)
    {
        TestBroker leader = _cluster.LeaderOf(queue, virtualHost);
        return Task.FromResult<IRabbitNode>(_nodes.First(node => node.Broker == leader));
    }

    public Task WaitUntilHealthyAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task WaitUntilSynchronisedAsync(string queue, string virtualHost = "/", TimeSpan? timeout = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<IReadOnlyList<DrainedMessage>> DrainAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default)
        => Task.FromResult<IReadOnlyList<DrainedMessage>>([.. _cluster.LeaderOf(queue, virtualHost).GetMessages(queue, virtualHost)
            .Select(static message => new DrainedMessage
            {
                Exchange = message.Exchange,
                RoutingKey = message.RoutingKey,
                MessageId = message.MessageId,
                Body = message.Body,
                Redelivered = message.Redelivered,
                Headers = message.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal),
            })]);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    public Task KillProxyAsync(CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task StartProxyAsync(CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task DeclareQueueAsync(string queue, bool quorum, string virtualHost = "/", CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task DeleteQueueAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task<long> GetMessageCountAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task<IReadOnlyList<string>> ListConsumersAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task CreateVirtualHostAsync(string name, CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task DeleteVirtualHostAsync(string name, CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();

    public Task RepairAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw EmbeddedNode.NotHere();
}
