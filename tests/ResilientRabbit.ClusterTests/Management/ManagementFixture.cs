using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>Two real nodes with the management, federation and shovel plugins, each with the management API on a port of its own.</summary>
public class ManagementFixture : IAsyncLifetime
{
    private const string VirtualHostPrefix = "management/";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, int> _ports = new(StringComparer.Ordinal);
    private LocalCluster? _cluster;
    private string? _missing;

    /// <summary>The cluster. Skips the test with the reason where none can be started, and fails it on a build server.</summary>
    public IRabbitCluster Cluster
    {
        get
        {
            ClusterFixture.SkipWithout(_missing, "no local nodes can be started");
            return _cluster!;
        }
    }

    /// <summary>Whether the version has mirrored queues: 3.x.</summary>
    public bool HasMirroring => Cluster.Version.StartsWith("3.", StringComparison.Ordinal);

    public void SkipWithoutMirroring() => Assert.SkipUnless(HasMirroring, $"RabbitMQ {Cluster.Version} has no mirrored queues.");

    /// <summary>How a refused deletion of an object with a hard name fails: RabbitMQ 4.0.5 has the words for a conflict and crashes when it writes a name beyond Latin-1 into them (500).</summary>
    public ManagementFailure ConflictOfHardName => Cluster.Version.StartsWith("4.0.", StringComparison.Ordinal) ? ManagementFailure.ServerError : ManagementFailure.Conflict;

    public string AddressOf(IRabbitNode node) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_ports[node.Name]}");

    /// <summary>A client of both nodes.</summary>
    public RabbitManagementClient NewClient(string virtualHost = "/", Action<ManagementOptions>? configure = null)
    {
        var options = new ManagementOptions { VirtualHost = virtualHost };
        foreach (IRabbitNode node in Cluster.Nodes)
        {
            options.Addresses.Add(AddressOf(node));
        }

        configure?.Invoke(options);
        return new RabbitManagementClient(options);
    }

    /// <summary>A client of the SDK in a virtual host; of all nodes, unless some are named.</summary>
    public RabbitClient NewRabbitClient(string virtualHost, Action<ResilientRabbitOptions>? configure = null, params IRabbitNode[] nodes)
    {
        var options = new ResilientRabbitOptions { VirtualHost = virtualHost };
        foreach (IRabbitNode node in nodes.Length > 0 ? nodes : Cluster.Nodes)
        {
            options.Endpoints.Add(node.Address.ToString());
        }

        configure?.Invoke(options);
        return new RabbitClient(options, TestLog.Create());
    }

    /// <summary>What rabbitmqctl lists.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(params string[] command)
    {
        using JsonDocument document = JsonDocument.Parse(await Cluster.Nodes[0].RunCtlAsync(["-q", "--formatter", "json", .. command]));
        return [.. document.RootElement.EnumerateArray().Select(static row => row.Clone())];
    }

    /// <summary>A virtual host of its own for a test, made without the client.</summary>
    public async Task<string> NewVirtualHostAsync()
    {
        string name = VirtualHostPrefix + Guid.NewGuid().ToString("N")[..6];
        await Cluster.CreateVirtualHostAsync(name);
        return name;
    }

    /// <summary>Deletes the quorum queues that earlier tests have left. Not their virtual hosts: 4.0.5 can fail at those whose classic queues have ended.</summary>
    public async Task DeleteQuorumQueuesOfTestsAsync()
    {
        foreach (JsonElement host in await ListAsync("list_vhosts", "name"))
        {
            if (host.GetProperty("name").GetString() is not { } virtualHost || !virtualHost.StartsWith(VirtualHostPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            foreach (JsonElement queue in await ListAsync("list_queues", "-p", virtualHost, "name", "type"))
            {
                if (queue.GetProperty("type").GetString()!.Contains("quorum", StringComparison.Ordinal))
                {
                    await Cluster.Nodes[0].RunCtlAsync("-p", virtualHost, "delete_queue", queue.GetProperty("name").GetString()!);
                }
            }
        }
    }

    /// <summary>Waits for what the broker does in the background, or what its statistics show later.</summary>
    public static async Task<T> EventuallyAsync<T>(Func<Task<T>> look, Func<T, bool> isRight, string what, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Patience);
        while (true)
        {
            T found = await look();
            if (isRight(found))
            {
                return found;
            }

            Assert.False(limit.IsCancellationRequested, $"{what}; last seen: {found}");
            await Task.Delay(200);
        }
    }

    public async ValueTask InitializeAsync()
    {
        _missing = LocalCluster.MissingPrerequisite();
        if (_missing is not null)
        {
            return;
        }

        _cluster = await LocalCluster.StartAsync(Shape with
        {
            NodeSettings = name => string.Create(CultureInfo.InvariantCulture, $"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {_ports[name] = FreePorts.Take()}\ncollect_statistics_interval = 1000"),
        });
        foreach (IRabbitNode node in _cluster.Nodes)
        {
            using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { AddressOf(node) }, MaxAttempts = 100 });
            await client.GetOverviewAsync().WaitAsync(Patience);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    /// <summary>What kind of cluster it is.</summary>
    protected virtual ClusterOptions Shape => new()
    {
        NodeCount = 2,
        Mirrored = false,
        Plugins = ["rabbitmq_management", "rabbitmq_federation_management", "rabbitmq_shovel_management"],

        // One of two nodes is no minority that should pause: a test stops one and asks the other.
        PartitionHandling = "ignore",
    };
}
