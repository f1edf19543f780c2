using System.Diagnostics;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// Sends what the driver writes and, between its frames, the publishes that we encode ourselves. While a send is under way, what is written
/// meanwhile is collected and leaves with the next one; after a quiet moment the writing thread sends at once, so that a lone publish pays for no hand-over.
/// </summary>
/// <remarks>Thread-safe. Bounded: above the high-water mark the driver's writes wait, and ours are not begun.</remarks>
internal sealed class TransportSender : IThreadPoolWorkItem
{
    private const int HighWater = 512 * 1024;

    private static readonly long QuietPeriod = Stopwatch.Frequency / 20_000;

    private readonly TransportOutput _output;
    private readonly Lock _gate = new();
    private readonly DriverFrames _driver = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OutgoingBuffer _buffer = new();
    private bool _sending;
    private bool _closed;
    private bool _roomWanted;
    private TaskCompletionSource? _room;
    private Exception? _fault;
    private long _lastWrite;

    public TransportSender(TransportOutput output) => _output = output;

    /// <summary>Raised when there is room again, or none will be needed any more, after <see cref="HasRoom"/> has said no. Handlers only post.</summary>
    public event Action? RoomMade;

    /// <summary>When the send that is under way began or last made progress; 0 when none is.</summary>
    public long SendStarted => _output.SendStarted;

    /// <summary>Ends when the connection was closed and nothing is being sent any more; never faults.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whether our publishes may go on. When not, <see cref="RoomMade"/> follows.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                if (_closed || IsRoomLeft)
                {
                    return true;
                }

                // Never taken back here: another lane that finds room may not cost this one its call.
                _roomWanted = true;
                return false;
            }
        }
    }

    private bool IsRoomLeft => _buffer.Count < HighWater && _driver.IsBetweenFrames;

    /// <summary>A number that changes whenever the driver opens or closes the channel.</summary>
    public int StampOf(int channel)
    {
        lock (_gate)
        {
            return _driver.StampOf(channel);
        }
    }

    /// <summary>Sends or collects what the driver writes; the bytes are copied when the call returns, and within the bounds when the task completes.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer)
    {
        bool full;
        bool makeRoom;
        SendStart start;
        lock (_gate)
        {
            if (_closed)
            {
                return ValueTask.FromException(new IOException(TransportTexts.Closed, _fault));
            }

            _driver.Follow(buffer.Span);
            start = Append(buffer.Span, isAlone: false);
            full = _buffer.Count >= HighWater;
            makeRoom = (_roomWanted || _room is not null) && IsRoomLeft;
        }

        Start(start);
        if (makeRoom)
        {
            // It was the rest of a frame that ours had to wait for.
            MakeRoom();
        }

        return full ? WaitForRoomAsync() : default;
    }

    /// <summary>
    /// Sends or collects whole frames for a channel that has the stamp. False, and nothing is sent, when the channel or the connection was
    /// closed by then, or the driver is in the middle of a frame. What is alone is sent by this thread when no send is under way: a hand-over less.
    /// </summary>
    public bool TryAppend(ReadOnlySpan<byte> frames, int channel, int stamp, bool isAlone = false)
    {
        SendStart start;
        lock (_gate)
        {
            if (_closed || _driver.IsClosing || !_driver.IsBetweenFrames || _driver.StampOf(channel) != stamp)
            {
                return false;
            }

            start = Append(frames, isAlone);
        }

        Start(start);
        return true;
    }

    /// <summary>Like <see cref="TryAppend"/>, but waits for room and for the end of the driver's frame.</summary>
    /// <returns>False when the channel or the connection was closed by then: nothing is sent.</returns>
    public ValueTask<bool> AppendAsync(ReadOnlySpan<byte> frames, int channel, int stamp)
        => TryAppend(frames, channel, stamp) ? new(true) : AppendLaterAsync(frames.ToArray(), channel, stamp);

    /// <summary>Ends the connection with a reset. Idempotent; returns at once.</summary>
    public void Fail(Exception? fault)
    {
        bool ended;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _fault = fault;
            ended = !_sending;
        }

        _output.Abort();
        MakeRoom();
        if (ended)
        {
            _ended.TrySetResult();
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync(toTheEnd: true);

    private SendStart Append(ReadOnlySpan<byte> bytes, bool isAlone)
    {
        _buffer.Append(bytes);
        long now = Stopwatch.GetTimestamp();
        bool quiet = isAlone || now - _lastWrite > QuietPeriod;
        _lastWrite = now;
        if (_sending)
        {
            return SendStart.None;
        }

        _sending = true;
        return quiet ? SendStart.Here : SendStart.OnPool;
    }

    private void Start(SendStart start)
    {
        if (start == SendStart.Here)
        {
            // Once: with several writers, this one would else be kept sending what the others write.
            _ = SendAsync(toTheEnd: false);
        }
        else if (start == SendStart.OnPool)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async ValueTask WaitForRoomAsync()
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_closed)
                {
                    throw new IOException(TransportTexts.Closed, _fault);
                }

                if (_buffer.Count < HighWater)
                {
                    return;
                }

                room = RoomNeedsLock();
            }

            await room.ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> AppendLaterAsync(byte[] frames, int channel, int stamp)
    {
        while (EndOfFrame(channel, stamp) is { } end)
        {
            await end.ConfigureAwait(false);
            if (TryAppend(frames, channel, stamp))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>When the driver has written its frame; null when the channel or the connection was closed.</summary>
    private Task? EndOfFrame(int channel, int stamp)
    {
        lock (_gate)
        {
            bool isLost = _closed || _driver.IsClosing || _driver.StampOf(channel) != stamp;
            return isLost ? null : _driver.IsBetweenFrames ? Task.CompletedTask : RoomNeedsLock();
        }
    }

    /// <summary>One task for all who wait: an event for a single waiter left the first of two waiting for ever.</summary>
    private Task RoomNeedsLock() => (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Sends until nothing is left, or once and the rest on the pool. Never faults; there is one at a time.</summary>
    private async Task SendAsync(bool toTheEnd)
    {
        try
        {
            while (TryTake(out ReadOnlyMemory<byte> bytes))
            {
                MakeRoom();
                await _output.SendAsync(bytes).ConfigureAwait(false);
                if (!toTheEnd && HasMore())
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
            _ended.TrySetResult();
        }
    }

    private bool HasMore()
    {
        lock (_gate)
        {
            return _buffer.Count > 0 && !_closed;
        }
    }

    private bool TryTake(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        lock (_gate)
        {
            if (_closed || _buffer.Count == 0)
            {
                _sending = false;
                if (_closed)
                {
                    _ended.TrySetResult();
                }

                return false;
            }

            bytes = _buffer.Take();
            return true;
        }
    }

    private void MakeRoom()
    {
        TaskCompletionSource? room;
        bool wanted;
        lock (_gate)
        {
            room = _room;
            wanted = _roomWanted;
            _room = null;
            _roomWanted = false;
        }

        room?.TrySetResult();
        if (wanted)
        {
            RoomMade?.Invoke();
        }
    }
}
