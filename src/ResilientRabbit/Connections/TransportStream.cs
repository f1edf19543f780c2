using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>
/// The driver's stream, made ours. The driver writes and flushes once per frame, which is one system call per message; here frames
/// are collected while a send is under way and leave together. Reads go through a buffer of their own, so that many small frames cost
/// one system call. Both directions leave time stamps for <see cref="TransportGuard"/>.
/// </summary>
/// <remarks>
/// One reader and one writer at a time, which is how the driver uses it. A derived NetworkStream because the driver's hook
/// (<see cref="RabbitMQ.Client.ITcpClient.GetStream"/>) demands one.
/// </remarks>
internal sealed class TransportStream : NetworkStream
{
    private const int ReadAheadSize = 64 * 1024;
    private const int InitialBufferSize = 64 * 1024;
    private const int HighWater = 512 * 1024;

    // A frame that comes later than this after the one before is sent at once by the writing thread: a lone publish pays for no hand-over.
    private static readonly long QuietPeriod = Stopwatch.Frequency / 20_000;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly AsyncSignal _work = new();
    private readonly AsyncSignal _room = new();
    private readonly byte[] _readBuffer = GC.AllocateUninitializedArray<byte>(ReadAheadSize);
    private readonly Task _sender;
    private int _readStart;
    private int _readEnd;
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(InitialBufferSize);
    private int _filled;
    private bool _sending;
    private bool _closed;
    private Exception? _fault;
    private long _lastWrite;
    private long _lastRead;
    private long _sendStarted;
    private bool _readPending;

    public TransportStream(Socket socket, TimeProvider time)
        : base(socket, ownsSocket: false)
    {
        _socket = socket;
        _time = time;
        _lastRead = time.GetTimestamp();
        _sender = Task.Run(SendLoopAsync);
    }

    /// <summary>When bytes last arrived, as a timestamp of the time provider.</summary>
    public long LastRead => Volatile.Read(ref _lastRead);

    /// <summary>When the send that is under way began; 0 when none is.</summary>
    public long SendStarted => Volatile.Read(ref _sendStarted);

    /// <summary>True while the driver waits for bytes: only then is silence the peer's.</summary>
    public bool IsReadPending => Volatile.Read(ref _readPending);

    /// <summary>Ends when the sending loop has ended; never faults.</summary>
    public Task Ended => _sender;

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

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        bool full;
        bool inline;
        lock (_gate)
        {
            if (_closed)
            {
                return ValueTask.FromException(new IOException("The connection is closed.", _fault));
            }

            long now = Stopwatch.GetTimestamp();
            inline = !_sending && _filled == 0 && now - _lastWrite > QuietPeriod;
            _lastWrite = now;
            if (inline)
            {
                _sending = true;
            }
            else
            {
                Append(buffer.Span);
            }

            full = _filled >= HighWater;
        }

        if (inline)
        {
            return SendInlineAsync(buffer);
        }

        _work.Set();
        return full ? WaitForRoomAsync() : default;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: what was written leaves by itself, at once or with its neighbours.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Lets what was written leave, for at most the given time: before a polite close.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        long start = _time.GetTimestamp();
        while (_time.GetElapsedTime(start) < limit)
        {
            lock (_gate)
            {
                if (_closed || (!_sending && _filled == 0))
                {
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), _time).ConfigureAwait(false);
        }
    }

    /// <summary>Ends both directions at once: pending reads and writes fail, the peer gets a reset.</summary>
    public void Abort() => Fail(null);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Fail(null);
        }

        base.Dispose(disposing);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_filling.Length - _filled < bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_filling.Length * 2, _filled + bytes.Length));
            _filling.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_filling);
            _filling = larger;
        }

        bytes.CopyTo(_filling.AsSpan(_filled));
        _filled += bytes.Length;
    }

    private async ValueTask SendInlineAsync(ReadOnlyMemory<byte> buffer)
    {
        try
        {
            await SendAllAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Fail(exception);
            throw new IOException("The connection failed while writing.", exception);
        }

        lock (_gate)
        {
            _sending = false;
            if (_filled == 0 && !_closed)
            {
                return;
            }
        }

        _work.Set();
    }

    private async ValueTask WaitForRoomAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_closed)
                {
                    throw new IOException("The connection is closed.", _fault);
                }

                if (_filled < HighWater)
                {
                    return;
                }
            }

            await _room.WaitAsync().ConfigureAwait(false);
        }
    }

    private async Task SendLoopAsync()
    {
        byte[] spare = ArrayPool<byte>.Shared.Rent(InitialBufferSize);
        try
        {
            while (true)
            {
                await _work.WaitAsync().ConfigureAwait(false);
                while (TakeFilled(ref spare, out int count))
                {
                    await SendAllAsync(spare.AsMemory(0, count)).ConfigureAwait(false);
                    lock (_gate)
                    {
                        _sending = false;
                    }

                    _room.Set();
                }

                lock (_gate)
                {
                    if (_closed)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Fail(exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(spare);
        }
    }

    private bool TakeFilled(ref byte[] spare, out int count)
    {
        lock (_gate)
        {
            count = _filled;
            if (_closed || _sending || _filled == 0)
            {
                return false;
            }

            (_filling, spare) = (spare, _filling);
            _filled = 0;
            _sending = true;
            return true;
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _sendStarted, _time.GetTimestamp());
        while (bytes.Length > 0)
        {
            int sent = await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[sent..];
            if (bytes.Length > 0)
            {
                // Progress, although not the end: the peer takes bytes.
                Volatile.Write(ref _sendStarted, _time.GetTimestamp());
            }
        }

        Volatile.Write(ref _sendStarted, 0);
    }

    private void Fail(Exception? fault)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _fault = fault;
        }

        try
        {
            // A reset, not a polite end: nothing that is still in the kernel's buffer is of use to anyone after this session is over.
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Already closed: nothing left to reset.
        }

        _socket.Dispose();
        _work.Set();
        _room.Set();
    }
}
