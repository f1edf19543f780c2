using System.Diagnostics.CodeAnalysis;

namespace ResilientRabbit.Testing;

/// <summary>How a <see cref="TestCluster"/> starts. Read once at the start.</summary>
public sealed class TestClusterOptions
{
    /// <summary>What every node has: users, virtual hosts, limits. Ports are ignored; each node takes free ones.</summary>
    /// <value>Default: those of a <see cref="TestBroker"/>.</value>
    public TestBrokerOptions Broker { get; set; } = new();

    /// <summary>A regular expression: classic queues whose names match are mirrored to all nodes, as by a policy with <c>ha-mode: all</c>. Null: none is.</summary>
    /// <value>Default: null.</value>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public string? MirroredQueues { get; set; }

    /// <summary>Whether nodes that do not see a majority pause: they close their listeners and connections (<c>pause_minority</c>). Only with three nodes or more.</summary>
    /// <value>Default: true.</value>
    public bool PauseMinority { get; set; } = true;
}
