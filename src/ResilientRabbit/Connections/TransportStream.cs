using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// The driver's stream, made ours. The driver writes and flushes once per frame, which is one system call per message; here frames are
/// collected while a send is under way and leave together (<see cref="TransportSender"/>). Reads go through a buffer of their own, so that
/// many small frames cost one system call. Both directions leave time stamps for <see cref="TransportGuard"/>.
/// </summary>
/// <remarks>
/// One reader at a time, which is how the driver uses it. A derived NetworkStream because the driver's hook
/// (<see cref="RabbitMQ.Client.ITcpClient.GetStream"/>) demands one. With TLS the driver sees plain bytes all the same: frames are collected
/// before they are encrypted.
/// </remarks>
internal sealed class TransportStream : NetworkStream
{
    private const int ReadAheadSize = 64 * 1024;

    /// <summary>While only deliveries come, which the driver does not see, it is given heartbeats at this distance: the broker sends none then.</summary>
    private static readonly TimeSpan LongestUnseen = TimeSpan.FromMilliseconds(500);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly SslStream? _tls;
    private readonly byte[] _readBuffer = GC.AllocateUninitializedArray<byte>(ReadAheadSize);
    private int _readStart;
    private int _readEnd;
    private long _lastRead;
    private long _lastPassed;
    private bool _readPending;

    public TransportStream(Socket socket, SslStream? tls, TimeProvider time, int maxContent, ReplyMask replies)
        : base(socket, ownsSocket: false)
    {
        _socket = socket;
        _time = time;
        _tls = tls;
        Incoming = new IncomingFrames(maxContent) { Replies = replies };
        _lastRead = _lastPassed = time.GetTimestamp();
        Sender = new TransportSender(new TransportOutput(socket, tls, time));
    }

    /// <summary>Raised by the reader when it has used up all that was received together, before it waits for more. Handlers do a bounded amount of work.</summary>
    public event Action? BurstEnded;

    /// <summary>Where what was received is divided between the driver and our consumers.</summary>
    public IncomingFrames Incoming { get; }

    /// <summary>Where writes go; publishes and acknowledgements of ours go there directly.</summary>
    public TransportSender Sender { get; }

    /// <summary>When bytes last arrived, as a timestamp of the time provider.</summary>
    public long LastRead => Volatile.Read(ref _lastRead);

    /// <summary>When the send that is under way began or last made progress; 0 when none is.</summary>
    public long SendStarted => Sender.SendStarted;

    /// <summary>True while the driver waits for bytes: only then is silence the peer's.</summary>
    public bool IsReadPending => Volatile.Read(ref _readPending);

    /// <summary>Ends when the sending loop has ended; never faults.</summary>
    public Task Ended => Sender.Ended;

    /// <summary>The frame.</summary>
    public static ReadOnlySpan<byte> Heartbeat => [8, 0, 0, 0, 0, 0, 0, 0xCE];

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            int count = Transfer(buffer.Span);
            if (count > 0)
            {
                _lastPassed = _time.GetTimestamp();
                return count;
            }

            BurstEnded?.Invoke();
            if (!await ReceiveAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Sender.WriteAsync(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: what was written leaves by itself, at once or with its neighbours.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends both directions at once: pending reads and writes fail, the peer gets a reset.</summary>
    public void Abort() => Sender.Fail(null);

    /// <summary>Passes on what lies in the read buffer. Zero when more has to be received first.</summary>
    private int Transfer(Span<byte> free)
    {
        if (_readStart == _readEnd && !Incoming.HasHeld)
        {
            return 0;
        }

        int written;
        bool hasTaken;
        try
        {
            _readStart += Incoming.Transfer(_readBuffer.AsSpan(_readStart, _readEnd - _readStart), free, out written);
        }
        finally
        {
            hasTaken = Incoming.HasTaken;
            Incoming.EndBurst();
        }

        if (written == 0 && hasTaken && Incoming.IsBetweenFrames && free.Length >= Heartbeat.Length && _time.GetElapsedTime(_lastPassed) > LongestUnseen)
        {
            Heartbeat.CopyTo(free);
            return Heartbeat.Length;
        }

        return written;
    }

    /// <summary>Waits for bytes behind those that are left. False at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        int left = _readEnd - _readStart;
        _readBuffer.AsSpan(_readStart, left).CopyTo(_readBuffer);
        (_readStart, _readEnd) = (0, left);
        Volatile.Write(ref _readPending, true);
        try
        {
            Memory<byte> free = _readBuffer.AsMemory(left);
            int received = _tls is null
                ? await _socket.ReceiveAsync(free, SocketFlags.None, cancellationToken).ConfigureAwait(false)
                : await _tls.ReadAsync(free, cancellationToken).ConfigureAwait(false);
            _readEnd += received;
            if (received == 0)
            {
                return false;
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw new IOException(TransportTexts.ReadFailed, exception);
        }
        finally
        {
            Volatile.Write(ref _readPending, false);
        }

        Volatile.Write(ref _lastRead, _time.GetTimestamp());
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Sender.Fail(null);
        }

        base.Dispose(disposing);
    }
}
