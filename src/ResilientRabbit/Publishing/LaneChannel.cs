using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>One channel incarnation of a lane: writes, keeps the window, and turns the broker's answers into outcomes.</summary>
internal sealed class LaneChannel : IConfirmSink
{
    /// <summary>The most messages that are written at once.</summary>
    public const int MaxRun = 256;

    /// <summary>The most bytes of bodies that are written at once, but for a message that is larger alone.</summary>
    public const int MaxRunBytes = 64 * 1024;

    private readonly Lane _lane;
    private readonly LaneContext _context;
    private readonly LaneAnswers _answers;
    private readonly AsyncSignal _signal;
    private readonly Lock _closeGate = new();
    private readonly AckRun _acks = new();
    private readonly AdaptiveLimit? _adaptive;
    private bool _isHeldBack;
    private long _spentSince;
    private LaneRun? _run;
    private IPublishChannel? _channel;
    private CancellationTokenRegistration _deadRegistration;
    private (int Code, string Text) _closeReason;
    private bool _closed;
    private bool _isRetired;

    private LaneChannel(Lane lane, IPublishSession session, LanePlace place, LaneContext context, AsyncSignal signal)
    {
        _lane = lane;
        Session = session;
        _context = context;
        _answers = new LaneAnswers(lane, context, session);
        _signal = signal;

        // A lane in refuge goes home over an empty window only: its writer wants to know.
        WindowTags? tags = context.Settings.Packing ? new WindowTags() : null;
        Window = new ConfirmWindow(context.Settings.InFlightWindow, context.Settings.InFlightBytes) { WakesWhenEmpty = place == LanePlace.Refuge, Tags = tags };
        Stall = new StallProbe(lane, this, context);
        _adaptive = context.Settings.AdaptiveWindow ? new AdaptiveLimit(context.Settings.InFlightWindow, context.Time.TimestampFrequency) : null;
    }

    public IPublishSession Session { get; }

    public ConfirmWindow Window { get; }

    public StallProbe Stall { get; }

    public NackWatch Nacks => _answers.Nacks;

    public IPublishChannel Channel => _channel!;

    /// <summary>How many messages may be in flight.</summary>
    public int WindowLimit => _adaptive?.Value ?? _context.Settings.InFlightWindow;

    /// <summary>True when the lane must leave: channel closed, session lost or given up.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) || Session.IsDead || IsAbandoned;

    /// <summary>True when the stall probe has shown that the session is silent while another answers.</summary>
    public bool IsAbandoned => Proven is not null;

    /// <summary>The session that answered while this one was silent; null unless <see cref="IsAbandoned"/>.</summary>
    public IPublishSession? Proven { get; private set; }

    /// <summary>True when all that is unanswered here has had its outcome for a while. A queue that does not answer would else keep its places in the window for as long as it likes, in the end all of them; only its writer adds to the window, so it may leave without a copy.</summary>
    public bool IsWorn { get; private set; }

    public bool MustPause => Session.IsBlocked || Stall.IsProbing;

    /// <summary>The broker's words when it closed this channel alone; the code is 0 for every other end.</summary>
    public (int Code, string Text) CloseReason
    {
        get
        {
            lock (_closeGate)
            {
                return _closeReason;
            }
        }
    }

    public static async Task<LaneChannel> OpenAsync(
        Lane lane, IPublishSession session, LanePlace place, LaneContext context, AsyncSignal signal, CancellationToken cancellationToken)
    {
        var channel = new LaneChannel(lane, session, place, context, signal);
        channel._channel = await session.OpenPublishChannelAsync(channel, cancellationToken).ConfigureAwait(false);
        channel._run = new LaneRun(channel, context, context.Settings.Packing ? new Packer(context.Settings, channel._channel.FrameMax) : null);
        context.Meter.LaneOpened(lane.Index, session, place);
        channel._deadRegistration = session.Dead.UnsafeRegister(static state => ((AsyncSignal)state!).Set(), signal);
        return channel;
    }

    /// <inheritdoc cref="LaneRun.Add"/>
    public void Add(PendingMessage message) => _run!.Add(message);

    /// <summary>Sends the run. False when the channel can no longer be used; what was not written is then at the front of the lane again.</summary>
    public bool Send()
    {
        Span<PendingMessage> run = _run!.Take();
        if (run.IsEmpty)
        {
            return true;
        }

        _context.Meter.Writing(run, Session.Server);
        ulong first = Window.Add(run);
        bool sent = _channel!.Send();
        bool isOut = !sent && Window.RemoveLast(first, run.Length);
        foreach (PendingMessage message in run)
        {
            // Not handed over: such a copy does not count.
            if (isOut)
            {
                message.Attempts--;
            }

            EndWrite(message);
        }

        if (isOut)
        {
            _lane.TakeBackUnwritten(run);
        }

        run.Clear();
        if (!sent)
        {
            OnClosed(0, "The channel was closed.");
        }

        return sent;
    }

    /// <summary>Counts the copy and marks it when it is not the first.</summary>
    public void Stamp(PendingMessage message)
    {
        message.Attempts++;
        if (message.Attempts > 1)
        {
            message.Headers[PendingMessage.AttemptHeader] = message.Attempts;
            _context.Ledger.CountReplay();
        }

        if (message.Trace is not null)
        {
            PublishTracing.Copied(message, Session.Server);
        }
    }

    /// <summary>The driver has copied the body: what was decided about the message meanwhile happens now.</summary>
    public void EndWrite(PendingMessage message)
    {
        WriteEnd end = message.EndWrite();
        if (end.IsSettled)
        {
            _context.Finish(message, end.Kind);
        }
        else if (end.IsNacked)
        {
            _lane.Rest(message);
        }
    }

    /// <summary>Called by the publisher's clock.</summary>
    public void Tick(long now)
    {
        Stall.Tick(now);
        LookForWear(now);
        if (_adaptive is not null)
        {
            _adaptive.Sample(now, Window.Progress, Volatile.Read(ref _isHeldBack));
            Volatile.Write(ref _isHeldBack, false);
        }
    }

    /// <summary>How much more may be on the wire, see <see cref="ConfirmWindow.Room"/>.</summary>
    public WindowRoom Room(int limit)
    {
        WindowRoom room = Window.Room(limit);
        if (room.Messages == 0)
        {
            Volatile.Write(ref _isHeldBack, true);
        }

        return room;
    }

    /// <summary>Gives the session up for this lane, in favour of another one.</summary>
    public void Abandon(IPublishSession proven)
    {
        Proven = proven;
        _signal.Set();
    }

    /// <summary>Ends this incarnation for the lane; late acks are still understood.</summary>
    public void Retire()
    {
        // What the broker has said counts, also when the session ended in the middle of a burst.
        Volatile.Write(ref _isRetired, true);
        OnBurstEnd();
        Stall.Stop();
        _deadRegistration.Dispose();
        _channel!.Retire();
    }

    public void Wake() => _signal.Set();

    public void OnAck(ulong tag, bool multiple)
    {
        if (multiple || tag == 0)
        {
            OnBurstEnd();
            Acknowledge(TagRange.Of(tag, multiple));
            return;
        }

        if (!_acks.TryAdd(tag))
        {
            OnBurstEnd();
            _acks.TryAdd(tag);
        }

        if (Volatile.Read(ref _isRetired))
        {
            // Nobody tells the end of a burst any more, but a late ack counts.
            OnBurstEnd();
        }
    }

    public void OnBurstEnd()
    {
        if (_acks.IsOpen && _acks.TryTake(out TagRange tags))
        {
            Acknowledge(tags);
        }
    }

    public void OnNack(ulong tag, bool multiple)
    {
        // In the order of the broker: a multiple nack does not cover what was acknowledged before.
        OnBurstEnd();
        TagRange tags = TagRange.Of(tag, multiple);
        if (Window.Answer(tags, out PendingMessage? plain, out PendingMessage? returned))
        {
            _signal.Set();
        }

        // On a channel that has ended: a later ack that covers the same tags says nothing of what was nacked. Its messages are on their way again.
        _ = Window.LateAnswer(tags);
        _answers.SendAgain(plain);
        _answers.SendAgain(returned);
    }

    public void OnRoom() => _signal.Set();

    public void OnReturn(long publishId, int replyCode, string replyText) => Window.MarkReturned(publishId, replyCode, replyText);

    public void OnClosed(int replyCode, string replyText)
    {
        OnBurstEnd();
        lock (_closeGate)
        {
            // The broker's words stand: a writer that finds the channel gone knows of none.
            _closeReason = _closed && replyCode == 0 ? _closeReason : (replyCode, replyText);
            _closed = true;
        }

        _signal.Set();
    }

    private void LookForWear(long now)
    {
        bool isSpent = Window.IsSpent && !Session.IsBlocked;
        _spentSince = !isSpent ? 0 : _spentSince == 0 ? now : _spentSince;
        IsWorn = isSpent && _context.Time.GetElapsedTime(_spentSince, now) >= _context.Settings.ConfirmStallTimeout;
        if (IsWorn)
        {
            _signal.Set();
        }
    }

    private void Acknowledge(in TagRange tags)
    {
        if (Window.Answer(tags, out PendingMessage? plain, out PendingMessage? returned))
        {
            _signal.Set();
        }

        if (plain is null && returned is null)
        {
            _answers.Late(Window.LateAnswer(tags));
            return;
        }

        _answers.Confirm(plain);
        _answers.FinishReturned(returned);
    }
}
