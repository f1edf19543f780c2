using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>One channel incarnation of a lane: writes, keeps the window, and turns the broker's answers into outcomes.</summary>
internal sealed class LaneChannel : IConfirmSink
{
    private readonly Lane _lane;
    private readonly LaneContext _context;
    private readonly AsyncSignal _signal;
    private readonly Lock _closeGate = new();
    private IPublishChannel? _channel;
    private CancellationTokenRegistration _deadRegistration;
    private (int Code, string Text) _closeReason;
    private bool _closed;

    private LaneChannel(Lane lane, IPublishSession session, LaneContext context, AsyncSignal signal)
    {
        _lane = lane;
        Session = session;
        _context = context;
        _signal = signal;
        Window = new ConfirmWindow(context.Settings.InFlightWindow);
        Stall = new StallProbe(lane, this, context);
    }

    public IPublishSession Session { get; }

    public ConfirmWindow Window { get; }

    public StallProbe Stall { get; }

    public NackWatch Nacks { get; } = new();

    public IPublishChannel Channel => _channel!;

    /// <summary>True when the lane must leave: channel closed, session lost or given up.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) || Session.IsDead || IsAbandoned;

    /// <summary>True when the stall probe has shown that the session is silent while another answers.</summary>
    public bool IsAbandoned { get; private set; }

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

    public static async Task<LaneChannel> OpenAsync(Lane lane, IPublishSession session, LaneContext context, AsyncSignal signal, CancellationToken cancellationToken)
    {
        var channel = new LaneChannel(lane, session, context, signal);
        channel._channel = await session.OpenPublishChannelAsync(channel, cancellationToken).ConfigureAwait(false);
        channel._deadRegistration = session.Dead.UnsafeRegister(static state => ((AsyncSignal)state!).Set(), signal);
        return channel;
    }

    /// <summary>Writes a message that was taken with <see cref="PendingMessage.TryBeginWrite"/>. False when the channel can no longer be used.</summary>
    public async ValueTask<bool> WriteAsync(PendingMessage message)
    {
        Stamp(message);
        ulong tag = Window.Add(message);
        bool ended = false;
        try
        {
            ValueTask write = _channel!.WriteAsync(message.Exchange, message.RoutingKey, message.Mandatory, message.Properties, message.Body);
            if (!write.IsFaulted && !write.IsCanceled)
            {
                EndWrite(message);
                ended = true;
            }

            await write.ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            return AfterFailedWrite(message, tag, ended, exception);
        }
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

    /// <summary>Gives the session up for this lane.</summary>
    public void Abandon()
    {
        IsAbandoned = true;
        _signal.Set();
    }

    /// <summary>Ends this incarnation for the lane; late acks are still understood.</summary>
    public void Retire()
    {
        Stall.Stop();
        _deadRegistration.Dispose();
        _channel!.Retire();
    }

    public void Wake() => _signal.Set();

    public void OnAck(ulong tag, bool multiple)
    {
        Window.Answer(tag, multiple, out PendingMessage? plain, out PendingMessage? returned);
        if (plain is null && returned is null)
        {
            OnLateAck(tag, multiple);
            return;
        }

        Confirm(plain);
        while (returned is not null)
        {
            PendingMessage message = returned;
            returned = message.Next;
            FinishReturned(message);
        }

        _signal.Set();
    }

    public void OnNack(ulong tag, bool multiple)
    {
        Window.Answer(tag, multiple, out PendingMessage? plain, out PendingMessage? returned);
        SendAgain(plain);
        SendAgain(returned);
        _signal.Set();
    }

    public void OnReturn(long publishId, int replyCode, string replyText) => Window.MarkReturned(publishId, replyCode, replyText);

    public void OnClosed(int replyCode, string replyText)
    {
        lock (_closeGate)
        {
            _closeReason = (replyCode, replyText);
            _closed = true;
        }

        _signal.Set();
    }

    private void Confirm(PendingMessage? chain)
    {
        var won = default(MessageList);
        while (chain is not null)
        {
            PendingMessage message = chain;
            chain = message.Next;
            if (message.TrySettle(message.Version, SettleKind.Confirmed) == SettleResult.Settled)
            {
                won.Add(message);
            }
            else
            {
                // A tombstone, or still being copied: then the caller's reference keeps it until the writer has finished it.
                message.ReleaseReference();
            }
        }

        if (won.IsEmpty)
        {
            return;
        }

        Nacks.Confirmed();

        // Room before news: who learns of the outcome may publish again at once.
        _context.Ledger.ReleaseConfirmed(won.First);
        while (won.Take() is { } message)
        {
            message.Complete(new PublishReceipt(message.MessageId, message.Attempts, message.Nacks), null);
            message.ReleaseReference();
        }
    }

    private void OnLateAck(ulong tag, bool multiple)
    {
        if (Window.LateAnswer(tag, multiple) is not { } late)
        {
            return;
        }

        foreach ((PendingMessage message, long version) in late)
        {
            _lane.Settle(message, version, SettleKind.Confirmed);
        }
    }

    private void FinishReturned(PendingMessage message)
    {
        message.Answered++;
        if (_context.Routes.Knows(message.Exchange, message.RoutingKey))
        {
            _context.Routes.Suspect(message.Exchange, message.RoutingKey);
            SendAgainOne(message);
            return;
        }

        if (message.TrySettle(message.Version, SettleKind.Returned) == SettleResult.Settled)
        {
            _context.Finish(message, SettleKind.Returned);
        }

        message.ReleaseReference();
    }

    private void SendAgain(PendingMessage? chain)
    {
        while (chain is not null)
        {
            PendingMessage message = chain;
            chain = message.Next;
            message.Answered++;
            message.Nacks++;
            message.Reply = default;
            Nacks.Nacked(message);
            SendAgainOne(message);
        }
    }

    private void SendAgainOne(PendingMessage message)
    {
        switch (message.TryTakeBack(message.Version))
        {
            case SettleResult.Settled:
                _lane.Rest(message);
                break;
            case SettleResult.TooLate:
                message.ReleaseReference();
                break;
        }
    }

    private bool AfterFailedWrite(PendingMessage message, ulong tag, bool ended, Exception exception)
    {
        WriteFailure failure = WriteFailures.Classify(exception);
        if (failure == WriteFailure.Unclear || !Window.RemoveLast(tag))
        {
            if (!ended)
            {
                EndWrite(message);
            }

            OnClosed(0, exception.Message);
            return false;
        }

        // Not handed over: this copy does not count, and the window's reference is ours.
        message.Attempts--;
        if (!ended)
        {
            EndWrite(message);
        }

        if (failure == WriteFailure.BadMessage)
        {
            if (message.TrySettle(message.Version, SettleKind.Unsendable) == SettleResult.Settled)
            {
                _context.Finish(message, SettleKind.Unsendable, exception);
            }

            message.ReleaseReference();
            return true;
        }

        OnClosed(0, exception.Message);
        _lane.TakeBackUnwritten(message);
        return false;
    }
}
