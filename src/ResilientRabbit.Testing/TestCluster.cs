using System.Globalization;
using System.Text.RegularExpressions;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Server;

namespace ResilientRabbit.Testing;

/// <summary>
/// Several <see cref="TestBroker"/>s that share users, virtual hosts and definitions, and whose queues live on nodes: classic ones on one, mirrored
/// ones on all, quorum ones (<c>x-queue-type: quorum</c>) on a majority.
/// </summary>
/// <remarks>
/// <para>Thread-safe. There is no detection time: what a word of the test does to a node is known to all others at once, so that a test waits
/// for nothing but its own client. That is the difference to a real cluster, where a frozen node is missed only after net_ticktime.</para>
/// <para>Confirmed messages are kept over the death of a node: on a mirrored queue the oldest mirror is promoted (all of them are in sync), on a quorum
/// queue the members elect, and without a majority nothing is accepted and nothing answered until there is one. What was unacknowledged on a mirrored
/// queue is delivered again; consumers of other nodes go on, those with <c>x-cancel-on-ha-failover</c> are cancelled. A classic queue whose node is down
/// answers 404.</para>
/// </remarks>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly ClusterHost _host;

    private TestCluster(ClusterHost host, IReadOnlyList<TestBroker> nodes)
    {
        _host = host;
        Nodes = nodes;
    }

    /// <summary>The nodes, in the order of their numbers.</summary>
    public IReadOnlyList<TestBroker> Nodes { get; }

    /// <summary>The endpoints of all nodes, as in <c>127.0.0.1:5672</c>, also of those that are down.</summary>
    public IReadOnlyList<string> Endpoints => [.. Nodes.Select(static node => node.Endpoint)];

    /// <summary>The first user of the options; null when there is none.</summary>
    public string? UserName => Nodes[0].UserName;

    /// <summary>The password of the first user of the options; null when there is none.</summary>
    public string? Password => Nodes[0].Password;

    /// <summary>Starts a cluster.</summary>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Not needed: starting waits for nothing.</param>
    /// <returns>The cluster, all nodes listening.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one node.</exception>
    public static Task<TestCluster> StartAsync(int nodes, TestClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new TestClusterOptions();
        ClusterHost host = HostFactory.Create(
            options.Broker, Enumerable.Range(1, nodes).Select(static number => string.Create(CultureInfo.InvariantCulture, $"rabbit@test-{number}")));
        host.Model.Cluster.PausesMinority = options.PauseMinority && nodes >= 3;
        if (options.MirroredQueues is { } pattern)
        {
            Regex regex = new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            host.Model.Cluster.IsMirrored = regex.IsMatch;
        }

        List<TestBroker> brokers = [];
        foreach (ModelNode member in host.Model.Nodes)
        {
            BrokerNode node = new(host, member, options.Broker, anyPort: true);
            host.Nodes.Add(node);
            brokers.Add(new TestBroker(node, ownsHost: false));
        }

        foreach (BrokerNode node in host.Nodes)
        {
            node.Listen();
        }

        return Task.FromResult(new TestCluster(host, brokers));
    }

    /// <summary>Kills a node; see <see cref="TestBroker.KillAsync"/>.</summary>
    /// <param name="node">The index of the node, from 0.</param>
    /// <returns>A task that completes when it is gone and its queues have other leaders.</returns>
    public Task KillAsync(int node) => Nodes[node].KillAsync();

    /// <summary>Starts a killed node again.</summary>
    /// <param name="node">The index of the node, from 0.</param>
    /// <returns>A task that completes when it has joined.</returns>
    public Task RestartAsync(int node) => Nodes[node].RestartAsync();

    /// <summary>Freezes a node; the others take it for dead at once.</summary>
    /// <param name="node">The index of the node, from 0.</param>
    /// <returns>A task that completes when it stands still.</returns>
    public Task FreezeAsync(int node) => Nodes[node].FreezeAsync();

    /// <summary>Lets a frozen node go on.</summary>
    /// <param name="node">The index of the node, from 0.</param>
    /// <returns>A task that completes when it goes on.</returns>
    public Task ThawAsync(int node) => Nodes[node].ThawAsync();

    /// <summary>Divides the network. Nodes of a part that is no majority pause.</summary>
    /// <param name="groups">The parts, each with the indexes of its nodes; nodes that are not named form one more part.</param>
    /// <returns>A task that completes when the minority has closed its listeners and connections.</returns>
    /// <exception cref="InvalidOperationException">The nodes do not pause: what a divided cluster without that does is not modeled.</exception>
    public Task PartitionAsync(params IReadOnlyList<int>[] groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (!_host.Model.Cluster.PausesMinority)
        {
            throw new InvalidOperationException("Partitions are modeled for clusters with PauseMinority and three nodes or more.");
        }

        return RegroupAsync(node => 1 + Array.FindIndex(groups, group => group.Contains(node)));
    }

    /// <summary>Joins the parts again; paused nodes go on.</summary>
    /// <returns>A task that completes when all nodes that are up listen.</returns>
    public Task HealAsync() => RegroupAsync(static _ => 0);

    /// <summary>The node that leads a queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>The node; for a queue that is down the last one that led it.</returns>
    /// <exception cref="InvalidOperationException">There is no such queue.</exception>
    public TestBroker LeaderOf(string queue, string virtualHost = "/") =>
        _host.Read(() => Nodes.First(node => ReferenceEquals(node.Node.Member, Find(queue, virtualHost).Placement.Leader)));

    /// <summary>Makes another node the leader of a mirrored or quorum queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="node">The index of the node, from 0.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>A task that completes when it leads.</returns>
    /// <exception cref="InvalidOperationException">There is no such queue.</exception>
    /// <exception cref="ArgumentException">The node has no copy of it, or is not alive.</exception>
    public Task MoveLeaderAsync(string queue, int node, string virtualHost = "/")
    {
        _host.Turn((this, queue, node, virtualHost), static word =>
            ClusterRules.MoveLeader(word.Item1.Find(word.queue, word.virtualHost), word.Item1.Nodes[word.node].Node.Member));
        return Task.CompletedTask;
    }

    /// <summary>Completes when the condition holds, which is looked at after every turn.</summary>
    /// <param name="condition">The condition. It must not wait, and must not change anything.</param>
    /// <param name="bound">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that completes when the condition holds.</returns>
    /// <exception cref="TimeoutException">It did not hold within <paramref name="bound"/>.</exception>
    public Task WaitForAsync(Func<TestCluster, bool> condition, TimeSpan bound, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return _host.WaitForAsync(() => condition(this), bound, cancellationToken);
    }

    /// <summary>Closes all sockets of all nodes. Safe to call again.</summary>
    /// <returns>A task that completes when nothing of the cluster is left.</returns>
    public async ValueTask DisposeAsync()
    {
        foreach (TestBroker node in Nodes)
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }

        _host.Dispose();
    }

    private Task RegroupAsync(Func<int, int> groupOf)
    {
        _host.Turn((_host, groupOf), static word =>
        {
            foreach (ModelNode node in word._host.Model.Nodes)
            {
                node.Group = word.groupOf(node.Number);
            }
        });
        return _host.ReviewAsync();
    }

    private Queue Find(string queue, string virtualHost) => _host.Model.FindVirtualHost(virtualHost)?.FindQueue(queue)
        ?? throw new InvalidOperationException($"There is no queue '{queue}' in the virtual host '{virtualHost}'.");
}
