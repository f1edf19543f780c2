namespace ResilientRabbit.Clusters;

/// <summary>What a test wants of its cluster.</summary>
public sealed record ClusterOptions
{
    public int NodeCount { get; init; } = 3;

    /// <summary>Sets the policy <c>HA</c> (<c>ha-mode: all</c>, automatic synchronisation) on every queue; RabbitMQ 3.x only.</summary>
    public bool Mirrored { get; init; } = true;

    /// <summary>Puts HAProxy in front; null for none.</summary>
    public HaProxyOptions? HaProxy { get; init; }

    /// <summary>Erlang's net_ticktime: a frozen or cut-off node is noticed after 0.75 to 1.25 times this.</summary>
    public TimeSpan NetTick { get; init; } = TimeSpan.FromSeconds(5);

    public string PartitionHandling { get; init; } = "pause_minority";

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    public string UserName { get; init; } = "guest";

    public string Password { get; init; } = "guest";

    public IReadOnlyList<string> Plugins { get; init; } = [];

    /// <summary>What the nodes' names begin with. Two clusters that are to be federated need different names: federation takes clusters of one name for the same. Local nodes only.</summary>
    public string NamePrefix { get; init; } = "rr";

    /// <summary>Lines to add to a node's rabbitmq.conf, by the node's name; null for none. Local nodes only.</summary>
    public Func<string, string>? NodeSettings { get; init; }

    /// <summary>The nodes also listen here, on their own ports, so that machines of this network reach them. Local nodes only.</summary>
    public TestNetwork? Network { get; init; }

    /// <summary>Where data and logs go; null for a folder of its own in the temp path, removed at dispose unless <c>RR_KEEP_CLUSTER=1</c>.</summary>
    public string? WorkDirectory { get; init; }
}
