namespace ResilientRabbit.Clusters;

/// <summary>Host and port of something that speaks AMQP: a node, a proxy, a virtual address.</summary>
public readonly record struct ClusterAddress(string Host, int Port)
{
    public override string ToString() => FormattableString.Invariant($"{Host}:{Port}");
}
