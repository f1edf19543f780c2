using ResilientRabbit.Testing;

namespace ResilientRabbit.Clusters;

/// <summary>The line to the nodes of one site: for each node an address at which it is reached as from far away. It can be cut and healed.</summary>
public sealed class SiteLine : IAsyncDisposable
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);
    private readonly FrameProxy[] _proxies;
    private TimeSpan _roundTrip;
    private bool _isSilent;

    internal SiteLine(IEnumerable<IRabbitNode> nodes, TimeSpan roundTrip)
    {
        _proxies = [.. nodes.Select(static node => FrameProxy.Start(new FrameProxyOptions { TargetHost = node.Address.Host, TargetPort = node.Address.Port, KeepJournal = false }))];
        SetRoundTrip(roundTrip);
    }

    /// <summary>Where the nodes are reached, in the order of the cluster's nodes. They stay the same.</summary>
    public IReadOnlyList<ClusterAddress> Addresses => [.. _proxies.Select(static proxy => new ClusterAddress(proxy.Host, proxy.Port))];

    /// <summary>How many connections go over the line.</summary>
    public int ConnectionCount => _proxies.Sum(static proxy => proxy.ConnectionCount);

    /// <summary>Sets what the line adds to a round trip. Counts for what is sent from now on.</summary>
    public void SetRoundTrip(TimeSpan roundTrip)
    {
        _roundTrip = roundTrip;
        Apply(roundTrip);
    }

    /// <summary>Every connection gets a reset, and new ones are refused.</summary>
    public void Cut()
    {
        foreach (var proxy in _proxies)
        {
            proxy.RefuseConnections();
            proxy.ResetConnections();
        }
    }

    /// <summary>Nothing gets through any more and nobody is told: neither the connections that are open nor those that try to be.</summary>
    public void CutSilently()
    {
        _isSilent = true;
        Apply(Never);
        foreach (var proxy in _proxies)
        {
            proxy.BlackHoleConnections();
        }
    }

    /// <summary>Connections are accepted again. Those that were cut silently get a reset: what was sent meanwhile is gone.</summary>
    public void Heal()
    {
        foreach (var proxy in _proxies)
        {
            if (_isSilent)
            {
                proxy.ResetConnections();
            }

            proxy.AcceptConnections();
        }

        _isSilent = false;
        Apply(_roundTrip);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
    }

    private void Apply(TimeSpan roundTrip)
    {
        foreach (var proxy in _proxies)
        {
            proxy.SetRoundTrip(roundTrip);
        }
    }
}
