using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>
/// Watches a connection for silence. The driver needs three to four heartbeats to notice a silent peer and can end the process while
/// doing so (driver issue 1884): this guard acts after about 1.2 heartbeats, so that the driver's own check never gets its turn.
/// </summary>
internal sealed class TransportGuard : IDisposable
{
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(500);

    private readonly TransportClient _transport;
    private readonly TransportStream _stream;
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _period;
    private readonly Action<TimeSpan> _onSilent;
    private readonly ITimer _timer;
    private long _lastTick;

    public TransportGuard(TransportClient transport, TimeSpan heartbeat, TimeProvider time, Action<TimeSpan> onSilent)
    {
        _transport = transport;
        _stream = transport.Stream!;
        _time = time;
        _onSilent = onSilent;
        _limit = IdleLimit(heartbeat);
        _period = TimeSpan.FromMilliseconds(Math.Clamp(heartbeat.TotalMilliseconds / 16, 50, 500));
        _lastTick = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((TransportGuard)state!).Tick(), this, _period, _period);
    }

    /// <summary>How long a peer may be silent: it sends a heartbeat every half of the negotiated value (RabbitMQ, heartbeats guide).</summary>
    public static TimeSpan IdleLimit(TimeSpan heartbeat) => TimeSpan.FromTicks(Math.Max((long)(heartbeat.Ticks * 1.2), (heartbeat + Slack).Ticks));

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        long now = _time.GetTimestamp();
        TimeSpan sinceTick = _time.GetElapsedTime(Interlocked.Exchange(ref _lastTick, now), now);
        if (sinceTick > _period + _period + Slack)
        {
            // This process was frozen or starved: what looks like silence may lie unread in the socket. The next tick judges.
            return;
        }

        TimeSpan silence = _time.GetElapsedTime(_stream.LastRead, now);
        if (silence < _limit || !_stream.IsReadPending || HasUnreadBytes())
        {
            return;
        }

        _timer.Dispose();
        _onSilent(silence);
    }

    private bool HasUnreadBytes()
    {
        try
        {
            return _transport.Client.Available > 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
