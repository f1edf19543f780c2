using System.Collections.Concurrent;
using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

/// <summary>A TCP proxy inside the test process that passes bytes through, and can stop to, in every way a network can.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TcpProxyLink, Task> _links = new();
    private readonly TcpProxyDirection _clientToServer = new();
    private readonly TcpProxyDirection _serverToClient = new();
    private readonly LoopbackListener _listener;
    private int _accepted;

    private TcpProxy(ClusterAddress target)
    {
        Target = target;
        _listener = new LoopbackListener(socket => _ = ServeAsync(socket));
    }

    /// <summary>Where clients connect to; the same for the proxy's life.</summary>
    public ClusterAddress Address => _listener.Address;

    /// <summary>Where new connections lead; existing ones stay where they are. Changing it moves the address as a virtual IP moves.</summary>
    public ClusterAddress Target { get; set; }

    /// <summary>Connections that are open now.</summary>
    public int ConnectionCount => _links.Count;

    /// <summary>Connections accepted since the start.</summary>
    public int AcceptedCount => Volatile.Read(ref _accepted);

    public long BytesToServer => _clientToServer.Bytes;

    public long BytesToClient => _serverToClient.Bytes;

    public TrafficMode ClientToServer
    {
        get => _clientToServer.Mode;
        set => _clientToServer.Mode = value;
    }

    public TrafficMode ServerToClient
    {
        get => _serverToClient.Mode;
        set => _serverToClient.Mode = value;
    }

    /// <summary>One-way latency from the client to the server.</summary>
    public TimeSpan DelayToServer
    {
        get => _clientToServer.Delay;
        set => _clientToServer.Delay = value;
    }

    /// <summary>One-way latency from the server to the client.</summary>
    public TimeSpan DelayToClient
    {
        get => _serverToClient.Delay;
        set => _serverToClient.Delay = value;
    }

    /// <summary>Connection attempts are refused while set; existing connections go on.</summary>
    public bool RefuseNew
    {
        get => !_listener.IsOpen;
        set
        {
            if (value)
            {
                _listener.Close();
            }
            else
            {
                _listener.Open();
            }
        }
    }

    public static Task<TcpProxy> StartAsync(ClusterAddress target) => Task.FromResult(new TcpProxy(target));

    /// <summary>No byte moves in either direction, new connections are accepted and get no answer.</summary>
    public Task FreezeAsync()
    {
        ClientToServer = TrafficMode.Hold;
        ServerToClient = TrafficMode.Hold;

        return Task.CompletedTask;
    }

    public Task ThawAsync()
    {
        ClientToServer = TrafficMode.Pass;
        ServerToClient = TrafficMode.Pass;

        return Task.CompletedTask;
    }

    /// <summary>Closes every connection with a TCP reset on both sides.</summary>
    public void ResetAll()
    {
        foreach (var link in _links.Keys)
        {
            link.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        ResetAll();
        await Task.WhenAll(_links.Values);
    }

    private async Task ServeAsync(Socket client)
    {
        Interlocked.Increment(ref _accepted);
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await server.ConnectAsync(Target.Host, Target.Port);
        }
        catch (SocketException)
        {
            // A client of a proxy sees its connection closed when the backend is not there.
            TcpReset.Close(client);
            server.Dispose();

            return;
        }

        var link = new TcpProxyLink(client, server);
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _links[link] = RunAsync();
        start.SetResult();

        async Task RunAsync()
        {
            await start.Task;
            await link.RunAsync(_clientToServer, _serverToClient);
            _links.TryRemove(link, out _);
        }
    }
}
