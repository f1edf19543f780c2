using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>Three real nodes with the management plugin, and mirrored queues where the version has them.</summary>
public sealed class LeaderFixture : ManagementFixture
{
    protected override ClusterOptions Shape => new() { Plugins = ["rabbitmq_management"] };
}
