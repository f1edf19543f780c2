using System.Threading.Channels;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>
/// One direction of one connection: bytes go in, and come out in order when the line's conditions let them. One sender; only
/// <see cref="Post"/> may come from anywhere.
/// </summary>
internal sealed class DelayLine
{
    // Room for 100 ms of a fast line; more than that pushes back on the sender, as a network does.
    private const int MaxChunks = 1024;
    private const int ChunkSize = 16 * 1024;

    private readonly LineConditions _conditions;
    private readonly TimeProvider _time;
    private readonly Func<ReadOnlyMemory<byte>, ValueTask> _deliver;
    private readonly Channel<(long Due, byte[] Bytes)> _chunks = Channel.CreateBounded<(long, byte[])>(MaxChunks);
    private readonly Lock _gate = new();
    private readonly Task _pump;
    private long _lastDue;
    private long _lineFree;
    private int _underWay;

    public DelayLine(LineConditions conditions, TimeProvider time, Func<ReadOnlyMemory<byte>, ValueTask> deliver)
    {
        _conditions = conditions;
        _time = time;
        _deliver = deliver;
        _pump = PumpAsync();
    }

    /// <summary>Takes bytes; they may be changed when the task completes. Waits while too much is under way.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_conditions.AreClear && Volatile.Read(ref _underWay) == 0)
        {
            await _deliver(bytes).ConfigureAwait(false);
            return;
        }

        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, ChunkSize);
            Interlocked.Increment(ref _underWay);
            await _chunks.Writer.WriteAsync((DueOf(count), bytes[..count].ToArray())).ConfigureAwait(false);
            bytes = bytes[count..];
        }
    }

    /// <summary>Takes a few bytes more, from any thread, without waiting.</summary>
    public void Post(byte[] bytes)
    {
        Interlocked.Increment(ref _underWay);
        _ = _chunks.Writer.WriteAsync((DueOf(bytes.Length), bytes)).AsTask().ContinueWith(static write => write.Exception, TaskScheduler.Default);
    }

    /// <summary>Nothing more comes; completes when all has been delivered.</summary>
    public Task CompleteAsync()
    {
        _chunks.Writer.TryComplete();
        return _pump;
    }

    private long DueOf(int count)
    {
        lock (_gate)
        {
            return DueOf_NeedsLock(count);
        }
    }

    private long DueOf_NeedsLock(int count)
    {
        long now = _time.GetTimestamp();
        long perSecond = _time.TimestampFrequency;
        if (_conditions.BytesPerSecond is > 0 and var rate)
        {
            _lineFree = Math.Max(_lineFree, now) + (count * perSecond / rate);
        }

        double delay = _conditions.Latency.TotalSeconds + (_conditions.Jitter.TotalSeconds * Random.Shared.NextDouble());
        _lastDue = Math.Max(_lastDue, Math.Max(now, _lineFree) + (long)(delay * perSecond));
        return _lastDue;
    }

    /// <summary>Never returns early: a delay drops the part of a millisecond, and 80 ms were 78.2.</summary>
    private async Task WaitUntilAsync(long due)
    {
        for (TimeSpan wait = Left(); wait > TimeSpan.Zero; wait = Left())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), _time).ConfigureAwait(false);
        }

        TimeSpan Left() => _time.GetElapsedTime(_time.GetTimestamp(), due);
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach ((long due, byte[] bytes) in _chunks.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await WaitUntilAsync(due).ConfigureAwait(false);
                await _deliver(bytes).ConfigureAwait(false);
                Interlocked.Decrement(ref _underWay);
            }
        }
        catch (Exception failure)
        {
            // The receiver is gone: the sender learns it instead of waiting for room for ever.
            _chunks.Writer.TryComplete(failure);
        }
    }
}
