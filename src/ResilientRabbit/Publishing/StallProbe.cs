using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Answers one question when a lane gets no confirms: is it the connection or the queue? A marked copy of the oldest unconfirmed message
/// goes through another connection. If that is confirmed while the old one stays silent, the lane moves; if it stalls too, the lane stays.
/// </summary>
/// <remarks>Make before break: nothing is given up until the other way has proved itself. Two copies for each stall at most, the second when the first has stalled as well, and one more after each that was refused or lost; each with a sink of its own.</remarks>
internal sealed class StallProbe
{
    private static readonly TimeSpan LateTick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnreadPause = TimeSpan.FromSeconds(1);

    /// <summary>The limit where the kernel says that what was sent is not acknowledged either: then it is the connection that is silent, and the question is only whether for ever.</summary>
    private static readonly TimeSpan UnansweredLimit = TimeSpan.FromMilliseconds(250);

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
    private bool _asking;
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
            if (window.Progress != _seenProgress)
            {
                EndStall();
            }

            _seenProgress = window.Progress;
            Volatile.Write(ref _seenAt, now);
            return;
        }

        TimeSpan still = _context.Time.GetElapsedTime(Volatile.Read(ref _seenAt), now);
        if (still >= UnansweredLimit)
        {
            _owner.Session.Poke();
        }

        if (!Volatile.Read(ref _started) && (still >= _context.Settings.ConfirmStallTimeout || (still >= UnansweredLimit && _owner.Session.IsUnanswered && OtherSession() is not null)))
        {
            if (_owner.Session.HasUnread)
            {
                // The pool gives some timers a place before the readers: in a starved process ticks are in time for seconds while the confirms lie in the socket.
                // Looked at again in a moment and not a whole limit later: where much is received, something always lies there.
                TimeSpan served = _context.Settings.ConfirmStallTimeout - UnreadPause;
                long pause = now - (served > TimeSpan.Zero ? (long)(served.TotalSeconds * _context.Time.TimestampFrequency) : 0);
                Volatile.Write(ref _seenAt, Math.Max(Volatile.Read(ref _seenAt), pause));
                return;
            }

            Volatile.Write(ref _started, true);
            Volatile.Write(ref _asking, true);
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

    /// <summary>The session answers: nobody need know more of another one, and what is new may go. Who is asking there goes on until it ends by itself.</summary>
    private void EndStall()
    {
        if (!Volatile.Read(ref _asking))
        {
            Volatile.Write(ref _started, false);
        }

        RetireCopies();
        if (IsProbing)
        {
            IsProbing = false;
            _owner.Wake();
        }
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
        bool mayAskAgain = true;
        try
        {
            mayAskAgain = await AskAsync(progress).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The other way could not be used or was lost: nothing is known.
            _context.Logger.StallProbeUnanswered(_lane.Index, exception.GetType().Name);
        }

        // Before the next one may begin.
        Volatile.Write(ref _asking, false);
        IsProbing = false;
        if (_owner.Window.Progress != progress)
        {
            // This stall is over: the next one is probed as well.
            RetireCopies();
            BeginAnew();
        }
        else if (mayAskAgain)
        {
            BeginAnew();
        }

        _owner.Wake();
    }

    /// <summary>Sends the copy and waits for what is said to it; when nothing is, a second time. True when it was said nothing of the way, so that another copy may ask later.</summary>
    private async Task<bool> AskAsync(long progress, bool isSecond = false)
    {
        if (OtherSession() is not { } other)
        {
            return true;
        }

        var copy = new StallCopy(_lane);
        IPublishChannel channel = await other.OpenPublishChannelAsync(copy, other.Dead).ConfigureAwait(false);
        if (!SendCopy(channel, copy, progress))
        {
            return true;
        }

        try
        {
            if (!await copy.Answered.WaitAsync(_context.Settings.ConfirmStallTimeout, _context.Time, other.Dead).ConfigureAwait(false))
            {
                Forget(copy);
                copy.Retire();
                return true;
            }
        }
        catch (TimeoutException exception) when (_owner.Window.Progress == progress)
        {
            // The copy stalls as well: the queue is the problem, or everything is. Once more, because what reaches a queue while its leader is gone and nobody knows may be answered by no later leader; but the lane goes on meanwhile.
            if (!isSecond)
            {
                IsProbing = false;
                _owner.Wake();
                if (await AskAsync(progress, isSecond: true).ConfigureAwait(false))
                {
                    return true;
                }
            }
            else
            {
                _context.Logger.StallProbeUnanswered(_lane.Index, exception.GetType().Name);
            }

            _ = AskAgainWhenRefusedAsync(copy);
            return false;
        }

        if (_owner.Window.Progress == progress && _owner.Session.HasUnread)
        {
            // The session is not silent, its reader is late.
            return true;
        }

        if (_owner.Window.Progress == progress)
        {
            _context.Logger.LaneMovedAfterStall(_lane.Index, _context.Time.GetElapsedTime(Volatile.Read(ref _seenAt)));
            _owner.Abandon(other);
        }

        return false;
    }

    private async Task AskAgainWhenRefusedAsync(StallCopy copy)
    {
        // Never completes when the copy is not answered: then nothing holds it but itself.
        if (!await copy.Answered.ConfigureAwait(false) && Forget(copy))
        {
            BeginAnew();
            copy.Retire();
        }
    }

    /// <summary>Nothing more will be heard of this copy. False when it is of an earlier stall.</summary>
    private bool Forget(StallCopy copy)
    {
        lock (_copyGate)
        {
            return _copies.Remove(copy);
        }
    }

    /// <summary>From now on the limit runs again, and another copy may be sent when it is over.</summary>
    private void BeginAnew()
    {
        Volatile.Write(ref _seenAt, _context.Time.GetTimestamp());
        Volatile.Write(ref _started, false);
    }

    /// <summary>A living session that takes bytes; null when there is none to ask.</summary>
    private IPublishSession? OtherSession()
        => OtherWay.ToAsk(_context.Sources.Select(static source => source.Session).OfType<IPublishSession>(), _owner.Session, _context.Settings.ConfirmStallTimeout);

    private bool SendCopy(IPublishChannel channel, StallCopy copy, long progress)
    {
        lock (_copyGate)
        {
            // Opening the channel may have taken long: what is the oldest now need not be what stalled.
            if (_stopped || _owner.Window.Progress != progress || _owner.Window.BeginCopy() is not { } oldest)
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
                if (!sent)
                {
                    // Not handed over: this copy does not count, and nothing will be said of it.
                    message.Attempts--;
                    _copies.Remove(copy);
                    copy.Retire();
                }

                _owner.EndWrite(message);
            }

            return sent;
        }
    }
}
