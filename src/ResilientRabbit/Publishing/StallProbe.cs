using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Answers one question when a lane gets no confirms: is it the connection or the queue? A marked copy of the oldest unconfirmed message
/// goes through another connection. If that is confirmed while the old one stays silent, the lane moves; if it stalls too, the lane stays.
/// </summary>
/// <remarks>Make before break: nothing is given up until the other way has proved itself. One copy for each stall, each with a sink of its own.</remarks>
internal sealed class StallProbe
{
    private static readonly TimeSpan LateTick = TimeSpan.FromSeconds(1);

    private readonly Lane _lane;
    private readonly LaneChannel _owner;
    private readonly LaneContext _context;
    private readonly Lock _copyGate = new();
    private readonly List<StallCopy> _copies = [];
    private long _seenProgress;
    private long _seenAt;
    private long _lastTick;
    private bool _started;
    private bool _probing;
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
            if (window.Progress != _seenProgress && !IsProbing)
            {
                Volatile.Write(ref _started, false);
                RetireCopies();
            }

            _seenProgress = window.Progress;
            Volatile.Write(ref _seenAt, now);
            return;
        }

        if (!Volatile.Read(ref _started) && _context.Time.GetElapsedTime(Volatile.Read(ref _seenAt), now) >= _context.Settings.ConfirmStallTimeout)
        {
            Volatile.Write(ref _started, true);
            IsProbing = true;
            _ = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends the probing; when it returns no copy is being made any more.</summary>
    public void Stop()
    {
        lock (_copyGate)
        {
            _stopped = true;
        }

        IsProbing = false;
        RetireCopies();
    }

    private void RetireCopies()
    {
        StallCopy[] copies;
        lock (_copyGate)
        {
            copies = [.. _copies];
            _copies.Clear();
        }

        foreach (StallCopy copy in copies)
        {
            copy.Retire();
        }
    }

    private async Task RunAsync()
    {
        long progress = _owner.Window.Progress;
        bool sent = false;
        try
        {
            if (OtherSession() is { } other)
            {
                var copy = new StallCopy(_lane);
                IPublishChannel channel = await other.OpenPublishChannelAsync(copy, other.Dead).ConfigureAwait(false);
                sent = SendCopy(channel, copy);
                if (sent)
                {
                    await copy.Answered.WaitAsync(_context.Settings.ConfirmStallTimeout, _context.Time, other.Dead).ConfigureAwait(false);
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

        if (!sent || _owner.Window.Progress != progress)
        {
            // Nothing was asked, or this stall is over: the next one is probed as well.
            Volatile.Write(ref _seenAt, _context.Time.GetTimestamp());
            Volatile.Write(ref _started, false);
        }

        IsProbing = false;
        _owner.Wake();
    }

    private IPublishSession? OtherSession()
        => _context.Sources.Select(static source => source.Session).FirstOrDefault(session => session is { IsDead: false, IsBlocked: false } && session != _owner.Session);

    private bool SendCopy(IPublishChannel channel, StallCopy copy)
    {
        lock (_copyGate)
        {
            if (_stopped || _owner.Window.Oldest() is not { } oldest || !oldest.Message.TryBeginCopy(oldest.Version))
            {
                channel.Retire();
                return false;
            }

            PendingMessage message = oldest.Message;
            copy.Attach(channel, message, oldest.Version);
            _copies.Add(copy);
            _owner.Stamp(message);
            bool sent = false;
            try
            {
                channel.Add(message.ToOutgoing());
                sent = channel.Send();
            }
            finally
            {
                // Not handed over: this copy does not count.
                message.Attempts -= sent ? 0 : 1;
                _owner.EndWrite(message);
            }

            return sent;
        }
    }
}
