using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>
/// Sends what the driver writes. While a send is under way, what is written meanwhile is collected and leaves with the next one; after a
/// quiet moment the writing thread sends at once, so that a lone publish pays for no hand-over.
/// </summary>
/// <remarks>One writer at a time. Bounded: above the high-water mark the writer waits.</remarks>
internal sealed class TransportSender
{
    private const int InitialBufferSize = 64 * 1024;
    private const int HighWater = 512 * 1024;

    private static readonly long QuietPeriod = Stopwatch.Frequency / 20_000;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly AsyncSignal _work = new();
    private readonly AsyncSignal _room = new();
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(InitialBufferSize);
    private int _filled;
    private bool _sending;
    private bool _closed;
    private Exception? _fault;
    private long _lastWrite;
    private long _sendStarted;

    public TransportSender(Socket socket, TimeProvider time)
    {
        _socket = socket;
        _time = time;
        Ended = Task.Run(SendLoopAsync);
    }

    /// <summary>When the send that is under way began or last made progress; 0 when none is.</summary>
    public long SendStarted => Volatile.Read(ref _sendStarted);

    /// <summary>Ends when the sending loop has ended; never faults.</summary>
    public Task Ended { get; }

    /// <summary>Sends or collects the bytes; they are copied or sent when the task completes.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer)
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

    /// <summary>Ends the connection with a reset. Idempotent; returns at once.</summary>
    public void Fail(Exception? fault)
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
}
