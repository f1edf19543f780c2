namespace ResilientRabbit.Bridging;

/// <summary>Bounds the bytes that are with the far side's publisher. One waits for room, many give it back.</summary>
internal sealed class ByteWindow(long limit)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private long _needed;
    private long _used;

    public long Used
    {
        get
        {
            lock (_lock)
            {
                return _used;
            }
        }
    }

    /// <summary>Completes when there is room for so many bytes, or nothing else is in the window.</summary>
    public Task WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (HasRoomNeedsLock(bytes))
            {
                return Task.CompletedTask;
            }

            _needed = bytes;
            _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task.WaitAsync(cancellationToken);
        }
    }

    public void Take(int bytes)
    {
        lock (_lock)
        {
            _used += bytes;
        }
    }

    public void Release(int bytes)
    {
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            _used -= bytes;
            if (_waiter is not null && HasRoomNeedsLock(_needed))
            {
                (waiter, _waiter) = (_waiter, null);
            }
        }

        waiter?.TrySetResult();
    }

    private bool HasRoomNeedsLock(long bytes) => _used == 0 || _used + bytes <= limit;
}
