using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>A line to a broker over which, from one moment on, nothing passes and at which nobody reads: the kernel's buffers fill up.</summary>
public sealed class DeafRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _clientGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Socket> _sockets = [];
    private volatile bool _isDeaf;
    private volatile bool _isOver;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Completes when the client has reset its connection.</summary>
    public Task ClientGone => _clientGone.Task;

    public void Start(int brokerPort)
    {
        _listener.Start();
        new Thread(() => Serve(brokerPort)) { IsBackground = true }.Start();
    }

    public void Stop() => _isDeaf = true;

    public void Dispose()
    {
        _isOver = true;
        _listener.Dispose();
        lock (_sockets)
        {
            _sockets.ForEach(static socket => socket.Dispose());
        }
    }

    private void Serve(int brokerPort)
    {
        try
        {
            Socket client = _listener.AcceptSocket();
            var broker = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            broker.Connect(IPAddress.Loopback, brokerPort);
            lock (_sockets)
            {
                _sockets.AddRange([client, broker]);
            }

            byte[] buffer = new byte[64 * 1024];
            while (!_isDeaf)
            {
                Pass(client, broker, buffer);
                Pass(broker, client, buffer);
            }

            while (!_isOver && !client.Poll(10_000, SelectMode.SelectError))
            {
            }

            _clientGone.TrySetResult();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _clientGone.TrySetResult();
        }
    }

    private static void Pass(Socket from, Socket to, byte[] buffer)
    {
        if (from.Poll(1_000, SelectMode.SelectRead))
        {
            int count = from.Receive(buffer);
            for (int sent = 0; sent < count;)
            {
                sent += to.Send(buffer.AsSpan(sent, count - sent));
            }
        }
    }
}
