namespace ResilientRabbit.Clusters;

/// <summary>What a test wants of its two sites.</summary>
public sealed record SiteOptions
{
    public int NearNodes { get; init; } = 3;

    public int FarNodes { get; init; } = 1;

    /// <summary>What the line between the sites adds to a round trip.</summary>
    public TimeSpan RoundTrip { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>For the nodes of both sites, such as <c>rabbitmq_shovel</c>. With <c>rabbitmq_management</c> each node gets a port of its own for it.</summary>
    public IReadOnlyList<string> Plugins { get; init; } = [];

    internal bool HasManagement => Plugins.Any(static plugin => plugin.Contains("management", StringComparison.Ordinal) && !plugin.EndsWith("_agent", StringComparison.Ordinal));
}
