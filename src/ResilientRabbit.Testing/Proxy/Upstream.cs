using System.Net.Sockets;
using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>The proxy's connection to the broker.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly LinkSocket _socket;
    private readonly FrameOutbox _outbox = new();
    private readonly Task _sender;

    private Upstream(Socket socket)
    {
        Stream = new NetworkStream(socket, ownsSocket: false);
        _socket = new LinkSocket(socket, Stream);
        _sender = _socket.SendAllAsync(_outbox);
    }

    public NetworkStream Stream { get; }

    public static async Task<Upstream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return new Upstream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends, and waits while the broker does not take what was sent before.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, int mostPending)
    {
        Post(bytes.Span);
        await _outbox.WaitForRoomAsync(mostPending).ConfigureAwait(false);
    }

    public void Post(ReadOnlySpan<byte> bytes)
    {
        lock (_outbox.Gate)
        {
            if (_outbox.IsCompleted)
            {
                return;
            }

            _outbox.Filling.Raw(bytes);
        }

        _outbox.Flush();
    }

    /// <summary>FIN after all that was sent.</summary>
    public async Task FinishAsync()
    {
        _outbox.Complete();
        await _sender.ConfigureAwait(false);
        _socket.ShutdownSend();
    }

    public async ValueTask DisposeAsync()
    {
        _outbox.Complete();
        _socket.Close();
        await _sender.ConfigureAwait(false);
        _outbox.Dispose();
    }
}
