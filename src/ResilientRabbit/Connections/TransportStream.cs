using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>
/// The driver's stream, made ours. The driver writes and flushes once per frame, which is one system call per message; here frames are
/// collected while a send is under way and leave together (<see cref="TransportSender"/>). Reads go through a buffer of their own, so that
/// many small frames cost one system call. Both directions leave time stamps for <see cref="TransportGuard"/>.
/// </summary>
/// <remarks>
/// One reader and one writer at a time, which is how the driver uses it. A derived NetworkStream because the driver's hook
/// (<see cref="RabbitMQ.Client.ITcpClient.GetStream"/>) demands one.
/// </remarks>
internal sealed class TransportStream : NetworkStream
{
    private const int ReadAheadSize = 64 * 1024;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly TransportSender _sender;
    private readonly byte[] _readBuffer = GC.AllocateUninitializedArray<byte>(ReadAheadSize);
    private int _readStart;
    private int _readEnd;
    private long _lastRead;
    private bool _readPending;

    public TransportStream(Socket socket, TimeProvider time)
        : base(socket, ownsSocket: false)
    {
        _socket = socket;
        _time = time;
        _lastRead = time.GetTimestamp();
        _sender = new TransportSender(socket, time);
    }

    /// <summary>When bytes last arrived, as a timestamp of the time provider.</summary>
    public long LastRead => Volatile.Read(ref _lastRead);

    /// <summary>When the send that is under way began or last made progress; 0 when none is.</summary>
    public long SendStarted => _sender.SendStarted;

    /// <summary>True while the driver waits for bytes: only then is silence the peer's.</summary>
    public bool IsReadPending => Volatile.Read(ref _readPending);

    /// <summary>Ends when the sending loop has ended; never faults.</summary>
    public Task Ended => _sender.Ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_readStart == _readEnd)
        {
            Volatile.Write(ref _readPending, true);
            try
            {
                int received = await _socket.ReceiveAsync(_readBuffer.AsMemory(0, ReadAheadSize), SocketFlags.None, cancellationToken).ConfigureAwait(false);
                _readStart = 0;
                _readEnd = received;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                throw new IOException("The connection failed while reading.", exception);
            }
            finally
            {
                Volatile.Write(ref _readPending, false);
            }

            if (_readEnd == 0)
            {
                return 0;
            }

            Volatile.Write(ref _lastRead, _time.GetTimestamp());
        }

        int count = Math.Min(buffer.Length, _readEnd - _readStart);
        _readBuffer.AsSpan(_readStart, count).CopyTo(buffer.Span);
        _readStart += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _sender.WriteAsync(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: what was written leaves by itself, at once or with its neighbours.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends both directions at once: pending reads and writes fail, the peer gets a reset.</summary>
    public void Abort() => _sender.Fail(null);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _sender.Fail(null);
        }

        base.Dispose(disposing);
    }
}
