namespace ResilientRabbit.Connections;

/// <summary>
/// Watches a connection for silence. The driver needs three to four heartbeats to notice a silent peer and can end the process while
/// doing so (driver issue 1884): this guard acts after about 1.2 heartbeats, so that the driver's own check never gets its turn.
/// </summary>
internal sealed class TransportGuard : IDisposable
{
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long this process must have kept up before the guard judges again. Not the next tick: ticks that were kept waiting run together,
    /// and what was received may not have been stamped yet.
    /// </summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private readonly TransportClient _transport;
    private readonly TransportStream _stream;
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _period;
    private readonly Action<TimeSpan> _onSilent;
    private readonly ITimer _timer;
    private readonly Lock _ticking = new();
    private long _lastTick;
    private long _lastBehind;
    private bool _isOver;

    public TransportGuard(TransportClient transport, TimeSpan heartbeat, TimeProvider time, Action<TimeSpan> onSilent)
    {
        _transport = transport;
        _stream = transport.Stream!;
        _time = time;
        _onSilent = onSilent;
        _limit = IdleLimit(heartbeat);
        _period = TimeSpan.FromMilliseconds(Math.Clamp(heartbeat.TotalMilliseconds / 16, 50, 500));
        _lastTick = _lastBehind = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((TransportGuard)state!).Tick(), this, _period, _period);
    }

    /// <summary>How long a peer may be silent: it sends a heartbeat every half of the negotiated value (RabbitMQ, heartbeats guide).</summary>
    public static TimeSpan IdleLimit(TimeSpan heartbeat) => TimeSpan.FromTicks(Math.Max((long)(heartbeat.Ticks * 1.2), (heartbeat + Slack).Ticks));

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        TimeSpan silence;
        _transport.LookAtWindow();

        // Ticks that were kept waiting run at the same time, and the second must see what the first found.
        lock (_ticking)
        {
            if (_isOver || !MayJudge() || !_stream.IsReadPending)
            {
                return;
            }

            // Read last: a reader that takes everything while this runs would be called silent.
            silence = _time.GetElapsedTime(_stream.LastRead);
            if (silence < _limit)
            {
                return;
            }

            _isOver = true;
        }

        _timer.Dispose();
        _onSilent(silence);
    }

    /// <summary>False while this process is frozen or starved, or was until a moment ago: what looks like silence may lie unread in the socket, or with a reader that waits for a thread.</summary>
    private bool MayJudge()
    {
        long now = _time.GetTimestamp();
        TimeSpan sinceTick = _time.GetElapsedTime(_lastTick, now);
        _lastTick = now;

        // The pool gives some timers a place before the readers: a guard can be in time for seconds while nobody reads.
        if (sinceTick > _period + _period + Slack || _transport.HasNews)
        {
            _lastBehind = now;
        }

        return _time.GetElapsedTime(_lastBehind, now) >= Settling;
    }
}
