namespace ResilientRabbit.Management;

/// <summary>The state of a cluster, as <c>rabbitmqctl cluster_status</c> shows it. Seen from the node that answered.</summary>
public sealed record ClusterStatus
{
    /// <summary>Gets the name of the cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the version of RabbitMQ on the node that answered.</summary>
    public required string RabbitVersion { get; init; }

    /// <summary>Gets the version of Erlang on that node.</summary>
    public required string ErlangVersion { get; init; }

    /// <summary>Gets all nodes, those that do not run as well.</summary>
    public required IReadOnlyList<NodeInfo> Nodes { get; init; }

    /// <summary>Gets the names of the nodes that run.</summary>
    public IReadOnlyList<string> RunningNodes => [.. Nodes.Where(static node => node.IsRunning).Select(static node => node.Name)];

    /// <summary>Gets the names of the nodes that do not run, or that the node which answered cannot reach.</summary>
    public IReadOnlyList<string> StoppedNodes => [.. Nodes.Where(static node => !node.IsRunning).Select(static node => node.Name)];

    /// <summary>Gets for each node that knows of a partition the nodes that it was cut off from.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Partitions
        => Nodes.Where(static node => node.Partitions.Count > 0).ToDictionary(static node => node.Name, static node => node.Partitions, StringComparer.Ordinal);

    /// <summary>Gets the alarms, each as <c>memory on rabbit@node-01</c> or <c>disk on rabbit@node-01</c>.</summary>
    public IReadOnlyList<string> Alarms =>
    [
        .. Nodes.Where(static node => node.HasMemoryAlarm).Select(static node => $"memory on {node.Name}"),
        .. Nodes.Where(static node => node.HasDiskAlarm).Select(static node => $"disk on {node.Name}"),
    ];
}
