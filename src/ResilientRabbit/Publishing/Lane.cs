using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// One ordered stream of messages: a queue, a single writer, and one channel incarnation at a time. After a loss the unanswered messages
/// go, in order, to the front of the queue and the lane moves at once to a living session.
/// </summary>
internal sealed class Lane
{
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OpenFailurePause = TimeSpan.FromMilliseconds(100);

    private readonly LaneContext _context;
    private readonly ISessionSource _home;
    private readonly AsyncSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly LaneQueue _queue = new();
    private LaneChannel? _channel;
    private IPublishSession? _avoided;
    private Task? _writer;
    private long _avoidedUntil;
    private int _isolated;
    private bool _suspectOut;

    /// <summary>Builds the lane.</summary>
    /// <param name="index">Its number in the client.</param>
    /// <param name="context">What all lanes share.</param>
    /// <param name="home">The connection it belongs to; the others are its refuge.</param>
    public Lane(int index, LaneContext context, ISessionSource home)
    {
        Index = index;
        _context = context;
        _home = home;
    }

    public int Index { get; }

    /// <summary>Messages on the wire without an answer.</summary>
    public int InFlight => Volatile.Read(ref _channel)?.Window.Count ?? 0;

    public void Start()
    {
        foreach (ISessionSource source in _context.Sources)
        {
            source.SessionChanged += _signal.Set;
        }

        _writer = Task.Run(RunAsync);
    }

    /// <summary>Called by the ledger, in the order of admission.</summary>
    public void Enqueue(PendingMessage message)
    {
        _queue.Add(message);
        _signal.Set();
    }

    /// <summary>Wakes the writer: something it waits for may have changed.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Settles a message by deadline, cancellation or closing.</summary>
    public void Settle(PendingMessage message, long version, SettleKind kind)
    {
        if (message.TrySettle(version, kind) == SettleResult.Settled)
        {
            _context.Finish(message, kind);
        }
    }

    /// <summary>Settles what is past its deadline, wakes what has rested, and looks for a stall. Called by the publisher's clock.</summary>
    public void Tick(long now, List<(PendingMessage Message, long Version)> scratch)
    {
        scratch.Clear();
        _queue.CollectExpired(now, all: false, scratch);
        LaneChannel? channel = Volatile.Read(ref _channel);
        channel?.Window.CollectExpired(now, all: false, scratch);
        foreach ((PendingMessage message, long version) in scratch)
        {
            Settle(message, version, SettleKind.Expired);
        }

        if (_queue.Wake(now))
        {
            _signal.Set();
        }

        channel?.Stall.Tick(now);
    }

    /// <summary>Settles everything that is left: the client is closing and its time is over.</summary>
    public void SettleAll(List<(PendingMessage Message, long Version)> scratch)
    {
        scratch.Clear();
        _queue.CollectExpired(0, all: true, scratch);
        Volatile.Read(ref _channel)?.Window.CollectExpired(0, all: true, scratch);
        foreach ((PendingMessage message, long version) in scratch)
        {
            Settle(message, version, SettleKind.Closed);
        }
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _signal.Set();
        if (_writer is not null)
        {
            await _writer.ConfigureAwait(false);
        }

        foreach (ISessionSource source in _context.Sources)
        {
            source.SessionChanged -= _signal.Set;
        }
    }

    /// <summary>Sends a message again after a rest: it was nacked, or its target is being declared.</summary>
    internal void Rest(PendingMessage message)
    {
        long pause = _context.RetryPause(message.Answered);
        message.NotBefore = _context.Time.GetTimestamp() + pause;
        _queue.Rest(message);
    }

    /// <summary>Puts a message that was taken for writing, and not written, back to the front.</summary>
    internal void TakeBackUnwritten(PendingMessage message)
    {
        if (message.TryTakeBack(message.Version) != SettleResult.Settled)
        {
            message.ReleaseReference();
            return;
        }

        var front = default(MessageList);
        front.Add(message);
        _queue.PutBack(ref front);
    }

    private async Task RunAsync()
    {
        try
        {
            await _context.Routes.Ready.WaitAsync(_stopping.Token).ConfigureAwait(false);
            while (!_stopping.IsCancellationRequested)
            {
                if (await AcquireAsync().ConfigureAwait(false) is not { } channel)
                {
                    continue;
                }

                Volatile.Write(ref _channel, channel);
                await WriteAsync(channel).ConfigureAwait(false);
                Volatile.Write(ref _channel, null);
                Recover(channel);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped: what is pending was settled by the publisher.
        }
        catch (Exception exception)
        {
            // A fault of ours: every message keeps its deadline, which the clock enforces, but nothing more is written.
            _context.Logger.LaneFailed(Index, exception);
        }

        if (Volatile.Read(ref _channel) is { } last)
        {
            last.Retire();
        }
    }

    /// <summary>Opens a channel on the home connection or, when that is away, on any other. Null: look again.</summary>
    private async Task<LaneChannel?> AcquireAsync()
    {
        IPublishSession? session = ChooseSession();
        if (session is null)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            return null;
        }

        try
        {
            return await LaneChannel.OpenAsync(this, session, _context, _signal, _stopping.Token).ConfigureAwait(false);
        }
        catch (ConnectionException exception)
        {
            _context.Logger.LaneChannelFailed(Index, exception.Reason);
            if (!session.IsDead)
            {
                await Task.Delay(OpenFailurePause, _context.Time, _stopping.Token).ConfigureAwait(false);
            }

            return null;
        }
    }

    private IPublishSession? ChooseSession()
    {
        if (_avoided is not null && (_avoided.IsDead || _context.Time.GetTimestamp() >= _avoidedUntil))
        {
            _avoided = null;
        }

        IPublishSession? refuge = null;
        if (_home.Session is { IsDead: false } home && home != _avoided)
        {
            return home;
        }

        foreach (ISessionSource source in _context.Sources)
        {
            if (source.Session is { IsDead: false } session && session != _avoided)
            {
                refuge = session;
                break;
            }
        }

        // Better the session that was silent than none.
        return refuge ?? (_avoided is { IsDead: false } ? _avoided : null);
    }

    private async Task WriteAsync(LaneChannel channel)
    {
        while (!_stopping.IsCancellationRequested && !channel.IsClosed)
        {
            CloseSuspect(channel.Window);
            int limit = _isolated > 0 ? 1 : _context.Settings.InFlightWindow;
            if (channel.MustPause || !channel.Window.HasRoom(limit))
            {
                await _signal.WaitAsync().ConfigureAwait(false);
                continue;
            }

            if (channel.Window.Count == 0 && MayGoHome(channel))
            {
                return;
            }

            PendingMessage? message = _queue.Take();
            if (message is null)
            {
                await _signal.WaitAsync().ConfigureAwait(false);
            }
            else if (!message.TryBeginWrite())
            {
                message.ReleaseReference();
                _isolated = Math.Max(0, _isolated - 1);
            }
            else
            {
                _suspectOut = _isolated > 0;
                if (!await channel.WriteAsync(message).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
    }

    /// <summary>A planned move costs no duplicate: only over an empty window, and only when the home connection is really back.</summary>
    private bool MayGoHome(LaneChannel channel)
        => _home.Session is { IsDead: false } home && home != channel.Session && home != _avoided && home.IsBlocked == channel.Session.IsBlocked;

    /// <summary>Takes the unanswered messages of an ended channel back, in order, before everything newer.</summary>
    private void Recover(LaneChannel channel)
    {
        channel.Retire();
        if (channel.IsAbandoned)
        {
            _avoided = channel.Session;
            _avoidedUntil = _context.Time.GetTimestamp() + (AvoidFor.Ticks * _context.Time.TimestampFrequency / TimeSpan.TicksPerSecond);
        }

        (int code, string text) = channel.CloseReason;
        if (code == 0)
        {
            _suspectOut = false;
        }

        List<(PendingMessage Message, long Version)> unanswered = channel.Window.Retire();
        PendingMessage? guilty = code == 0 ? null : Isolation.FindGuilty(unanswered, code, text);
        if (code != 0)
        {
            _context.Logger.ChannelClosedByBroker(Index, code, text);
            if (guilty is null)
            {
                // Unknown which: one at a time, until the guilty one stands alone.
                _isolated = unanswered.Count;
                _suspectOut = false;
            }
        }

        var replay = default(MessageList);
        foreach ((PendingMessage message, long version) in unanswered)
        {
            if (message == guilty)
            {
                Refuse(message, version, code, text);
            }
            else if (message.TryTakeBack(version) == SettleResult.Settled)
            {
                replay.Add(message);
            }
            else
            {
                message.ReleaseReference();
            }
        }

        if (!replay.IsEmpty)
        {
            _context.Logger.PublishRetried(Index, unanswered.Count);
        }

        _queue.PutBack(ref replay);
    }

    private void Refuse(PendingMessage message, long version, int code, string text)
    {
        if (_suspectOut)
        {
            _suspectOut = false;
            _isolated--;
        }

        message.Answered++;
        if (code == Isolation.NotFound && _context.Routes.KnowsExchange(message.Exchange))
        {
            _context.Routes.Suspect(message.Exchange, message.RoutingKey);
            if (message.TryTakeBack(version) == SettleResult.Settled)
            {
                Rest(message);
                return;
            }
        }
        else if (message.TrySettle(version, SettleKind.Rejected) == SettleResult.Settled)
        {
            message.Reply = (code, text);
            _context.Finish(message, SettleKind.Rejected);
        }

        message.ReleaseReference();
    }

    /// <summary>The suspect that was on the wire alone was answered: it is innocent, the next one may go.</summary>
    private void CloseSuspect(ConfirmWindow window)
    {
        if (_suspectOut && window.Count == 0)
        {
            _suspectOut = false;
            _isolated--;
        }
    }
}
