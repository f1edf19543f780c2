using System.Net.Sockets;
using RabbitMQ.Client;

namespace ResilientRabbit.Clusters;

/// <summary>
/// A bare driver connection whose sockets can be closed from outside: against a frozen node the driver's own close
/// waits for its writer and would leak the socket. No recovery and no heartbeat, so nothing of it runs on its own.
/// </summary>
internal sealed class PlainConnection : IAsyncDisposable
{
    private readonly List<Socket> _sockets;

    private PlainConnection(IConnection connection, List<Socket> sockets)
    {
        Connection = connection;
        _sockets = sockets;
    }

    public IConnection Connection { get; }

    public static async Task<PlainConnection> OpenAsync(
        ClusterAddress address, string userName, string password, string virtualHost, string name, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var sockets = new List<Socket>();
        var factory = new ConnectionFactory
        {
            HostName = address.Host,
            Port = address.Port,
            UserName = userName,
            Password = password,
            VirtualHost = virtualHost,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.Zero,
            RequestedConnectionTimeout = timeout,
            HandshakeContinuationTimeout = timeout,
            SocketFactory = family => new TcpClientAdapter(NewSocket(family, sockets)),
        };

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        var opening = factory.CreateConnectionAsync(name, deadline.Token);
        try
        {
            return new PlainConnection(await opening.WaitAsync(timeout, cancellationToken), sockets);
        }
        catch
        {
            CloseSockets(sockets);
            Forget(DisposeLaterAsync(opening));
            throw;
        }
    }

    /// <summary>Closes the sockets at once; whatever waits on the connection fails.</summary>
    public void Kill()
    {
        CloseSockets(_sockets);
        Forget(Connection.DisposeAsync().AsTask());
    }

    /// <summary>Closes in the polite way within the time, else kills.</summary>
    public async Task CloseAsync(TimeSpan timeout)
    {
        try
        {
            await Connection.CloseAsync().WaitAsync(timeout);
        }
        catch
        {
            // The peer is gone or silent: the sockets are closed below either way.
        }

        Kill();
    }

    public async ValueTask DisposeAsync() => await CloseAsync(TimeSpan.FromSeconds(5));

    private static Socket NewSocket(AddressFamily family, List<Socket> sockets)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (sockets)
        {
            sockets.Add(socket);
        }

        return socket;
    }

    private static async Task DisposeLaterAsync(Task<IConnection> opening) => await (await opening).DisposeAsync();

    private static void CloseSockets(List<Socket> sockets)
    {
        lock (sockets)
        {
            foreach (var socket in sockets)
            {
                socket.Close(timeout: 0);
            }
        }
    }

    private static void Forget(Task task) =>
        _ = task.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
