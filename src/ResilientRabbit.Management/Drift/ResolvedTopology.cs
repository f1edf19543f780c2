namespace ResilientRabbit.Management;

/// <summary>What a <see cref="ReplicatedTopology"/> is on a broker of a certain version.</summary>
/// <param name="RabbitVersion">The version of RabbitMQ that has decided.</param>
/// <param name="Replication">How the replicated queues have copies there.</param>
/// <param name="Topology">Exchanges, queues and bindings.</param>
/// <param name="Policies">The policies, those of mirrored queues among them.</param>
/// <param name="ReplicatedQueues">The names of the queues whose type the version has decided.</param>
public sealed record ResolvedTopology(
    string RabbitVersion, Replication Replication, Topology Topology, IReadOnlyList<PolicySpec> Policies, IReadOnlyList<string> ReplicatedQueues)
{
    /// <summary>Says what was decided, and by which version.</summary>
    /// <returns>A short text, for a log.</returns>
    public override string ToString() => Replication == Replication.Mirroring
        ? $"RabbitMQ {RabbitVersion}: replicated queues are classic queues with a mirror policy each ({string.Join(", ", ReplicatedQueues)})"
        : $"RabbitMQ {RabbitVersion}: replicated queues are quorum queues ({string.Join(", ", ReplicatedQueues)})";
}
