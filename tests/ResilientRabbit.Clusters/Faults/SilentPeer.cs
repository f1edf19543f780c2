using System.Collections.Concurrent;
using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

/// <summary>Accepts connections and never says anything: the half-open and the hung broker.</summary>
public sealed class SilentPeer : IAsyncDisposable
{
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly LoopbackListener _listener;

    private SilentPeer() => _listener = new LoopbackListener(_sockets.Add);

    public ClusterAddress Address => _listener.Address;

    /// <summary>Connections accepted since the start.</summary>
    public int ConnectionCount => _sockets.Count;

    public static SilentPeer Start() => new();

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        foreach (var socket in _sockets)
        {
            TcpReset.Close(socket);
        }
    }
}
