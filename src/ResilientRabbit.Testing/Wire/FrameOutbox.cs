namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// Bytes on their way to one peer. Any thread may add, under <see cref="Gate"/>; one loop writes them, a whole burst in one write.
/// Adding does not wake the loop: whoever ends a burst calls <see cref="Flush"/>.
/// </summary>
internal sealed class FrameOutbox : IDisposable
{
    private readonly AsyncGate _wake = new();
    private readonly List<OutboxMark> _marks = [];
    private readonly List<OutboxMark> _sendingMarks = [];
    private WireWriter _filling = new();
    private WireWriter _sending = new();
    private TaskCompletionSource? _room;
    private int _roomAt;
    private int _unsent;
    private bool _flushed;
    private bool _completed;

    /// <summary>Held while frames are added, and by nothing that waits.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Where frames are added. Only under <see cref="Gate"/>.</summary>
    public WireWriter Filling => _filling;

    /// <summary>Bytes added that the peer's socket has not taken yet.</summary>
    public int PendingBytes => Volatile.Read(ref _unsent) + _filling.Length;

    /// <summary>Nothing is taken any more.</summary>
    public bool IsCompleted => _completed;

    /// <summary>Marks the present end of the bytes. Only under <see cref="Gate"/>.</summary>
    public void Mark(OutboxMarkKind kind) => MarkAt(_filling.Length, kind);

    /// <summary>Marks a place. Only under <see cref="Gate"/>, in rising order.</summary>
    public void MarkAt(int offset, OutboxMarkKind kind) => _marks.Add(new OutboxMark(offset, kind));

    /// <summary>Ends a burst: what was added goes out in one write.</summary>
    public void Flush()
    {
        lock (Gate)
        {
            if (_flushed || (_filling.Length == 0 && _marks.Count == 0))
            {
                return;
            }

            _flushed = true;
        }

        _wake.Open();
    }

    /// <summary>Takes nothing more; the loop ends when all that is there is written.</summary>
    public void Complete()
    {
        lock (Gate)
        {
            _completed = true;
            _flushed = true;
        }

        _wake.Open();
    }

    /// <summary>Completes when at most <paramref name="bytes"/> are pending, or when the loop has ended.</summary>
    public Task WaitForRoomAsync(int bytes)
    {
        Flush();
        lock (Gate)
        {
            if (_completed || PendingBytes <= bytes)
            {
                return Task.CompletedTask;
            }

            _roomAt = _room is null ? bytes : Math.Max(_roomAt, bytes);
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Writes until completed or until a mark ends the connection.</summary>
    /// <param name="write">Writes bytes to the peer.</param>
    /// <param name="mark">Does what a mark asks for; false ends the loop.</param>
    public async Task RunAsync(Func<ReadOnlyMemory<byte>, ValueTask> write, Func<OutboxMarkKind, bool> mark)
    {
        try
        {
            while (await SwapAsync().ConfigureAwait(false))
            {
                int written = 0;
                foreach (OutboxMark next in _sendingMarks)
                {
                    await WriteAsync(write, written, next.Offset).ConfigureAwait(false);
                    written = next.Offset;
                    if (!mark(next.Kind))
                    {
                        return;
                    }
                }

                await WriteAsync(write, written, _sending.Length).ConfigureAwait(false);
                Sent();
            }
        }
        finally
        {
            lock (Gate)
            {
                _completed = true;
                _room?.TrySetResult();
            }
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            _completed = true;
            _room?.TrySetResult();
            _filling.Dispose();
            _sending.Dispose();
        }
    }

    private ValueTask WriteAsync(Func<ReadOnlyMemory<byte>, ValueTask> write, int from, int to)
        => to > from ? write(_sending.Written[from..to]) : ValueTask.CompletedTask;

    private async ValueTask<bool> SwapAsync()
    {
        while (true)
        {
            lock (Gate)
            {
                if (_flushed && (_filling.Length > 0 || _marks.Count > 0))
                {
                    (_filling, _sending) = (_sending, _filling);
                    _sendingMarks.Clear();
                    _sendingMarks.AddRange(_marks);
                    _marks.Clear();
                    _flushed = _completed;
                    Volatile.Write(ref _unsent, _sending.Length);
                    return true;
                }

                if (_completed)
                {
                    return false;
                }
            }

            await _wake.WaitAsync().ConfigureAwait(false);
        }
    }

    private void Sent()
    {
        lock (Gate)
        {
            _sending.Clear();
            Volatile.Write(ref _unsent, 0);
            if (_room is not null && _filling.Length <= _roomAt)
            {
                _room.TrySetResult();
                _room = null;
            }
        }
    }
}
