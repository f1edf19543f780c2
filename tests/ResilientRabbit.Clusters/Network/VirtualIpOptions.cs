namespace ResilientRabbit.Clusters;

/// <summary>What a test wants of a <see cref="VirtualIpPair"/>.</summary>
public sealed record VirtualIpOptions
{
    /// <summary>Between two advertisements of the master; the other one takes over after three of them and a little more.</summary>
    public TimeSpan AdvertInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    public HaProxyOptions HaProxy { get; init; } = HaProxyOptions.Friendly;

    /// <summary>The port of both HAProxies, and so of the virtual IP.</summary>
    public int Port { get; init; } = 5672;
}
