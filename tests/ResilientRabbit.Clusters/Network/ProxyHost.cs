namespace ResilientRabbit.Clusters;

/// <summary>A machine of a <see cref="TestNetwork"/> with HAProxy on it, before one node or several.</summary>
public sealed class ProxyHost : IAsyncDisposable
{
    private ProxyHost(NetworkHost machine, HaProxyProcess proxy)
    {
        Machine = machine;
        Proxy = proxy;
    }

    public NetworkHost Machine { get; }

    public HaProxyProcess Proxy { get; }

    public ClusterAddress Address => Proxy.Address;

    /// <param name="network">The network of the new machine.</param>
    /// <param name="nodes">The nodes behind; their cluster was started with the same network.</param>
    /// <param name="options">What HAProxy's file says.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<ProxyHost> StartAsync(
        TestNetwork network, IEnumerable<IRabbitNode> nodes, HaProxyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(nodes);
        if (HaProxyProcess.MissingPrerequisite() is { } reason)
        {
            throw new ClusterUnavailableException(reason);
        }

        var machine = await network.AddHostAsync(cancellationToken);
        var backends = nodes.Select(node => new ClusterAddress(network.Gateway, node.Address.Port));
        var host = new ProxyHost(machine, new HaProxyProcess(options, [.. backends], machine.Folder, machine));
        await host.Proxy.StartAsync(cancellationToken);

        return host;
    }

    /// <summary>Everything as after the start, whatever was done to it.</summary>
    public async Task HealAsync(CancellationToken cancellationToken = default)
    {
        await Machine.HealAsync();
        await Proxy.ThawAsync(cancellationToken);
        await Proxy.StartAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await Machine.DisposeAsync();
    }
}
