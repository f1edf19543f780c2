using System.Net.Sockets;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>The socket of a link, and the ways to end it.</summary>
internal sealed class LinkSocket
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinkSocket(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
        _socket.NoDelay = true;
    }

    /// <summary>Ended from our side: what the peer still sends is not for us.</summary>
    public bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>Completes when it has ended from our side.</summary>
    public Task Ended => _ended.Task;

    public void SetEnded() => _ended.TrySetResult();

    public static bool IsEnd(Exception exception) => exception is IOException or SocketException or ObjectDisposedException;

    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        socket.Dispose();
    }

    /// <summary>Writes what comes into the outbox until it is completed or a mark ends it.</summary>
    public async Task SendAllAsync(FrameOutbox outbox)
    {
        try
        {
            await outbox.RunAsync(bytes => _stream.WriteAsync(bytes), DoMark).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The reader sees the same end and tells the owner.
        }
    }

    public void ShutdownSend()
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

    public void Reset()
    {
        SetEnded();
        Reset(_socket);
    }

    public void Close()
    {
        SetEnded();
        _socket.Dispose();
        _stream.Dispose();
    }

    private bool DoMark(OutboxMarkKind kind)
    {
        switch (kind)
        {
            case OutboxMarkKind.Boundary:
                return true;
            case OutboxMarkKind.Fin:
                SetEnded();
                ShutdownSend();
                return false;
            case OutboxMarkKind.HalfClose:
                ShutdownSend();
                return false;
            default:
                Reset();
                return false;
        }
    }
}
