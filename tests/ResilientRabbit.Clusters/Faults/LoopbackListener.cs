using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

/// <summary>Listens on a loopback port of its own, and can stop and start listening there: then connects are really refused.</summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private readonly Action<Socket> _accepted;
    private readonly int _port;
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;

    public LoopbackListener(Action<Socket> accepted)
    {
        _accepted = accepted;
        _port = FreePorts.Take();
        Open();
    }

    public ClusterAddress Address => new("127.0.0.1", _port);

    public bool IsOpen => _socket is not null;

    public void Open()
    {
        if (_socket is not null)
        {
            return;
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        // Connections that were accepted here may still exist.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, _port));
        socket.Listen(backlog: 1024);
        _socket = socket;
        _accepting = AcceptAsync(socket);
    }

    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _accepting;
    }

    private async Task AcceptAsync(Socket socket)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync();
                accepted.NoDelay = true;
                _accepted(accepted);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted or SocketError.InvalidArgument)
            {
                // The listener was closed.
                return;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted.
            }
        }
    }
}
