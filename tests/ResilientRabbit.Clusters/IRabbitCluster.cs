namespace ResilientRabbit.Clusters;

/// <summary>A real RabbitMQ cluster that a test owns.</summary>
public interface IRabbitCluster : IAsyncDisposable
{
    /// <summary>For a test's output, such as "3 local nodes, RabbitMQ 3.10.8".</summary>
    string Description { get; }

    string Version { get; }

    IReadOnlyList<IRabbitNode> Nodes { get; }

    /// <summary>The frontend of HAProxy, null when there is none.</summary>
    ClusterAddress? Proxy { get; }

    /// <summary>Kills HAProxy; throws when there is none.</summary>
    Task KillProxyAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts HAProxy again at the same address.</summary>
    Task StartProxyAsync(CancellationToken cancellationToken = default);

    string UserName { get; }

    string Password { get; }

    /// <summary>The node that has the queue's leader (mirrored: master) now.</summary>
    Task<IRabbitNode> GetQueueLeaderAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default);

    /// <summary>All nodes run and know each other, there are no partitions and no alarms, and every node and the proxy answer an AMQP handshake.</summary>
    Task WaitUntilHealthyAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Mirrored: every running node but the leader's has a synchronised mirror. Quorum: every member is online.</summary>
    Task WaitUntilSynchronisedAsync(string queue, string virtualHost = "/", TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Takes every ready message out of the queue, in order, over a plain driver connection.</summary>
    Task<IReadOnlyList<DrainedMessage>> DrainAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default);

    /// <summary>Declares a durable queue, classic (mirrored where the policy says so) or quorum.</summary>
    Task DeclareQueueAsync(string queue, bool quorum, string virtualHost = "/", CancellationToken cancellationToken = default);

    Task DeleteQueueAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default);

    /// <summary>Ready and unacknowledged messages together, asked of the queue itself and not of the statistics.</summary>
    Task<long> GetMessageCountAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default);

    /// <summary>The consumer tags of the queue.</summary>
    Task<IReadOnlyList<string>> ListConsumersAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default);

    /// <summary>Creates a virtual host with permissions for <see cref="UserName"/> and, in a mirrored cluster, the policy.</summary>
    Task CreateVirtualHostAsync(string name, CancellationToken cancellationToken = default);

    Task DeleteVirtualHostAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>How many times a repair wiped nodes' data. What a queue held may be gone then: a run that this happened to proves no loss.</summary>
    int WipeCount { get; }

    /// <summary>Brings everything back after a test, by the mildest means that work, and ends healthy. The last resort is a node with its data wiped.</summary>
    Task RepairAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);
}
