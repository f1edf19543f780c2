using ResilientRabbit.Configuration;

namespace ResilientRabbit.Publishing;

/// <summary>Decides whether what lies in a lane's queue is worth sending or may wait for company. Used under the queue's lock.</summary>
internal sealed class PackLinger : IDisposable
{
    private static readonly TimeSpan TimerStep = TimeSpan.FromMilliseconds(1);

    private readonly PublisherSettings _settings;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _messages;
    private long _bytes;
    private bool _isRipe;
    private bool _isAwaited;

    private PackLinger(PublisherSettings settings, TimeProvider time, Action wake)
    {
        _settings = settings;
        _time = time;
        _timer = time.CreateTimer(static state => ((Action)state!)(), wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Null where no message waits for others.</summary>
    public static PackLinger? Of(PublisherSettings settings, TimeProvider time, Action wake)
        => settings.Packing && settings.PackLinger > TimeSpan.Zero ? new PackLinger(settings, time, wake) : null;

    /// <summary>A new message. Those of a batch have come with all the company they will get.</summary>
    public void Added(PendingMessage message)
    {
        _messages++;
        _bytes += message.Size;
        _isRipe |= message.Batch is not null || message.Size > _settings.PackMaxMessageBytes || _messages >= _settings.PackMaxMessages || _bytes >= _settings.PackMaxBytes;
    }

    /// <summary>There is something that was to be sent before.</summary>
    public void Ripen() => _isRipe = true;

    /// <summary>The writer has taken what it can.</summary>
    public void Taken(bool leavesSome) => (_messages, _bytes, _isRipe) = (0, 0, leavesSome);

    /// <summary>True once when the writer waits for company and need not any longer.</summary>
    public bool TryEndWait()
    {
        bool ends = _isAwaited && _isRipe;
        _isAwaited &= !ends;
        return ends;
    }

    /// <summary>True when the writer is to wait: it is woken when the first message has waited long enough.</summary>
    public bool MustWait(PendingMessage first)
    {
        TimeSpan rest = _settings.PackLinger - _time.GetElapsedTime(first.Started);
        _isAwaited = !_isRipe && rest > TimeSpan.Zero;
        if (_isAwaited)
        {
            // Not a moment too early, or the writer would be woken for nothing.
            _timer.Change(rest + TimerStep, Timeout.InfiniteTimeSpan);
        }

        return _isAwaited;
    }

    public void Dispose() => _timer.Dispose();
}
