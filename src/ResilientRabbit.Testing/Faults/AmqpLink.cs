using System.Net.Sockets;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>
/// One TCP connection of a client as the broker or the proxy holds it: frames in, frames out, and between them and the socket the faults and
/// the journal. Without faults each call costs one check of a field.
/// </summary>
/// <remarks>
/// One reader (<see cref="FillAsync"/>, <see cref="TryRead"/>); any thread may send. Frames handed out are valid until the next call of
/// <see cref="TryRead"/> or <see cref="FillAsync"/>. Sending only adds to the burst: <see cref="Flush"/> sends it.
/// </remarks>
internal sealed class AmqpLink : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly FrameReader _reader;
    private readonly FrameOutbox _outbox = new();
    private readonly Task _sender;
    private volatile bool _ended;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket, for what only a socket can do.</param>
    /// <param name="stream">Its stream, or the TLS stream over it.</param>
    /// <param name="number">The number of the connection, counted by the owner from 1.</param>
    public AmqpLink(Socket socket, Stream stream, int number)
    {
        _socket = socket;
        _stream = stream;
        _socket.NoDelay = true;
        Number = number;
        _reader = new FrameReader(stream);
        _sender = SendLoopAsync();
    }

    /// <summary>The connection's number, from 1: what faults and the journal call it.</summary>
    public int Number { get; }

    /// <summary>Whom to tell of what a fault did in its name.</summary>
    public IFaultTarget? Target { get; set; }

    /// <summary>The largest whole frame accepted, in bytes (0: no limit negotiated). Set after tune-ok.</summary>
    public int MaxFrameSize
    {
        get => _reader.MaxFrameSize;
        set => _reader.MaxFrameSize = value;
    }

    /// <summary>Bytes that the peer has not taken yet. A broker looks here before it delivers: a slow consumer must not fill the memory.</summary>
    public int PendingBytes => _outbox.PendingBytes;

    /// <summary>Waits for bytes from the peer.</summary>
    /// <returns>False when the connection has ended, whoever ended it and however.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            while (await _reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                if (!_ended)
                {
                    return true;
                }

                _reader.TakeUnread();
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // A reset, from either side: for the owner the end is the end.
        }

        return false;
    }

    /// <summary>The next frame of what was read.</summary>
    /// <exception cref="AmqpWireException">The peer sent something that is no frame.</exception>
    public bool TryRead(out Frame frame) => _reader.TryRead(out frame);

    /// <summary>The protocol header with which a client begins; the eight bytes are consumed whatever they say.</summary>
    public bool TryReadProtocolHeader(out ProtocolHeader header) => _reader.TryReadProtocolHeader(out header);

    public void Send<TMethod>(ushort channel, in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        lock (_outbox.Gate)
        {
            if (!_outbox.IsCompleted)
            {
                _outbox.Filling.WriteMethod(channel, method);
            }
        }
    }

    /// <summary>A method with content: return, deliver or get-ok. Bodies are cut by <see cref="MaxFrameSize"/>.</summary>
    public void SendContent<TMethod>(ushort channel, in TMethod method, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        lock (_outbox.Gate)
        {
            if (!_outbox.IsCompleted)
            {
                _outbox.Filling.WriteContent(channel, method, properties, body, MaxFrameSize);
            }
        }
    }

    public void SendAck(ushort channel, ulong deliveryTag, bool multiple)
    {
        lock (_outbox.Gate)
        {
            if (!_outbox.IsCompleted)
            {
                _outbox.Filling.WriteAck(channel, deliveryTag, multiple);
            }
        }
    }

    public void SendHeartbeat()
    {
        lock (_outbox.Gate)
        {
            if (!_outbox.IsCompleted)
            {
                _outbox.Filling.WriteHeartbeat();
            }
        }
    }

    /// <summary>Bytes as they are, past all faults: the protocol header that answers a wrong one.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        lock (_outbox.Gate)
        {
            if (!_outbox.IsCompleted)
            {
                _outbox.Filling.Raw(bytes);
            }
        }
    }

    /// <summary>Ends a burst: what was sent since goes out in one write.</summary>
    public void Flush() => _outbox.Flush();

    /// <summary>Completes when at most <paramref name="bytes"/> are pending or the connection has ended: a reader that answers waits here.</summary>
    public Task WaitForRoomAsync(int bytes) => _outbox.WaitForRoomAsync(bytes);

    /// <summary>Sends what is pending, then FIN, and completes when that is done.</summary>
    public async Task FinishAsync()
    {
        _outbox.Complete();
        await _sender.ConfigureAwait(false);
        ShutdownSend();
    }

    /// <summary>Closes the socket with a reset, at once; pending bytes are lost.</summary>
    public void Reset()
    {
        _ended = true;
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        _socket.Dispose();
        _outbox.Complete();
    }

    /// <summary>Closes the socket and waits for the send loop; what is pending and unsent is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended = true;
        _outbox.Complete();
        _socket.Dispose();
        await _sender.ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _outbox.Dispose();
    }

    private async Task SendLoopAsync()
    {
        try
        {
            await _outbox.RunAsync(bytes => _stream.WriteAsync(bytes), DoMark).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // The reader sees the same end and tells the owner.
        }
    }

    private bool DoMark(OutboxMarkKind kind)
    {
        switch (kind)
        {
            case OutboxMarkKind.Fin:
                ShutdownSend();
                return false;
            case OutboxMarkKind.Reset:
                Reset();
                return false;
            default:
                return true;
        }
    }

    private void ShutdownSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was first.
        }
    }
}
