using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Answers one question when a lane gets no confirms: is it the connection or the queue? A marked copy of the oldest unconfirmed message
/// goes through another connection. If that is confirmed while the old one stays silent, the lane moves; if it stalls too, the lane stays.
/// </summary>
/// <remarks>Make before break: nothing is given up until the other way has proved itself. One copy for each stall.</remarks>
internal sealed class StallProbe : IConfirmSink
{
    private static readonly TimeSpan LateTick = TimeSpan.FromSeconds(1);

    private readonly Lane _lane;
    private readonly LaneChannel _owner;
    private readonly LaneContext _context;
    private readonly Lock _copyGate = new();
    private TaskCompletionSource _answered = NewSource();
    private IPublishChannel? _channel;
    private (PendingMessage Message, long Version) _copy;
    private long _seenProgress;
    private long _seenAt;
    private long _lastTick;
    private bool _started;
    private bool _probing;
    private bool _returned;
    private bool _stopped;

    public StallProbe(Lane lane, LaneChannel owner, LaneContext context)
    {
        _lane = lane;
        _owner = owner;
        _context = context;
        _seenAt = _lastTick = context.Time.GetTimestamp();
    }

    /// <summary>True while a probe is under way: nothing newer is sent.</summary>
    public bool IsProbing
    {
        get => Volatile.Read(ref _probing);
        private set => Volatile.Write(ref _probing, value);
    }

    public void Tick(long now)
    {
        ConfirmWindow window = _owner.Window;
        bool late = _context.Time.GetElapsedTime(_lastTick, now) > LateTick;
        _lastTick = now;
        if (late || window.Count == 0 || window.Progress != _seenProgress || _owner.Session.IsBlocked)
        {
            // A late tick means that this process stood still: the confirms may lie unread in the socket.
            _seenProgress = window.Progress;
            _seenAt = now;
            if (_started && !late && !IsProbing)
            {
                Rearm();
            }

            return;
        }

        if (!_started && _context.Time.GetElapsedTime(_seenAt, now) >= _context.Settings.ConfirmStallTimeout)
        {
            _started = true;
            IsProbing = true;
            _ = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends the probing; when it returns no copy is being made any more.</summary>
    public void Stop()
    {
        IPublishChannel? channel;
        lock (_copyGate)
        {
            _stopped = true;
            channel = _channel;
            _channel = null;
        }

        IsProbing = false;
        channel?.Retire();
    }

    public void OnAck(ulong tag, bool multiple)
    {
        (PendingMessage Message, long Version) copy;
        lock (_copyGate)
        {
            copy = _copy;
        }

        if (!_returned && copy.Message is not null)
        {
            _lane.Settle(copy.Message, copy.Version, SettleKind.Confirmed);
        }

        _answered.TrySetResult();
    }

    public void OnNack(ulong tag, bool multiple)
    {
        // An answer of the queue, not a confirm: the original decides.
    }

    public void OnReturn(long publishId, int replyCode, string replyText) => _returned = true;

    public void OnClosed(int replyCode, string replyText)
    {
        // No answer will come: the wait for it has its own limit.
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stall is over: the next one gets a copy of its own.</summary>
    private void Rearm()
    {
        IPublishChannel? channel;
        lock (_copyGate)
        {
            channel = _channel;
            _channel = null;
            _copy = default;
            _returned = false;
            _answered = NewSource();
        }

        _started = false;
        channel?.Retire();
    }

    private async Task RunAsync()
    {
        long progress = _owner.Window.Progress;
        try
        {
            if (OtherSession() is { } other)
            {
                IPublishChannel channel = await other.OpenPublishChannelAsync(this, other.Dead).ConfigureAwait(false);
                if (await SendCopyAsync(channel).ConfigureAwait(false))
                {
                    await _answered.Task.WaitAsync(_context.Settings.ConfirmStallTimeout, _context.Time, other.Dead).ConfigureAwait(false);
                    if (_owner.Window.Progress == progress)
                    {
                        _context.Logger.LaneMovedAfterStall(_lane.Index, _context.Settings.ConfirmStallTimeout);
                        _owner.Abandon();
                    }
                }
            }
        }
        catch (Exception exception)
        {
            // The other way did not work either: the queue is the problem, or everything is. Stay.
            _context.Logger.StallProbeUnanswered(_lane.Index, exception.GetType().Name);
        }

        IsProbing = false;
        _owner.Wake();
    }

    private IPublishSession? OtherSession()
        => _context.Sources.Select(static source => source.Session).FirstOrDefault(session => session is { IsDead: false, IsBlocked: false } && session != _owner.Session);

    private async Task<bool> SendCopyAsync(IPublishChannel channel)
    {
        ValueTask write;
        lock (_copyGate)
        {
            if (_stopped || _owner.Window.Oldest() is not { } oldest || !oldest.Message.TryBeginCopy(oldest.Version))
            {
                channel.Retire();
                return false;
            }

            _channel = channel;
            _copy = oldest;
            PendingMessage message = oldest.Message;
            _owner.Stamp(message);
            write = channel.WriteAsync(message.Exchange, message.RoutingKey, message.Mandatory, message.Properties, message.Body);
            _owner.EndWrite(message);
        }

        await write.ConfigureAwait(false);
        return true;
    }
}
