using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// One ordered stream of messages: a queue, a single writer, and one channel incarnation at a time. After a loss the unanswered messages
/// go, in order, to the front of the queue and the lane moves at once to a living session.
/// </summary>
internal sealed class Lane
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan OpenFailurePause = TimeSpan.FromMilliseconds(100);

    private readonly LaneContext _context;
    private readonly LaneSessions _sessions;
    private readonly AsyncSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly LaneQueue _queue;
    private readonly PackLinger? _linger;
    private readonly SuspectLine _suspects;
    private readonly LaneRecovery _recovery;
    private readonly ChannelRenewal _renewal;
    private readonly PlannedLeave _leave;
    private readonly LaneDrain _drain;
    private LaneChannel? _channel;
    private Task? _writer;
    private int _started;

    /// <summary>Builds the lane; <paramref name="home"/> is the connection it belongs to, the others are its refuge.</summary>
    public Lane(int index, LaneContext context, ISessionSource home)
    {
        Index = index;
        _context = context;
        _sessions = new LaneSessions(home, context);
        _linger = PackLinger.Of(context.Settings, context.Time, _signal.Set);
        _suspects = new SuspectLine(context.Time, context.Settings.ConfirmStallTimeout);
        _queue = new LaneQueue(_linger, _suspects);
        _renewal = new ChannelRenewal(context.Time, context.Logger);
        _leave = new PlannedLeave(context.Time);
        _drain = new LaneDrain(context.Time, context.Quarantine);
        _recovery = new LaneRecovery(this, context, _sessions, _queue, _suspects);
    }

    public int Index { get; }

    /// <summary>Messages on the wire without an answer.</summary>
    public int InFlight => Volatile.Read(ref _channel)?.Window.Count ?? 0;

    public IPublishSession? Session => Volatile.Read(ref _channel)?.Session;

    public string? LeaderNode => _sessions.LeaderNode;

    public long OldestStart => Math.Min(_queue.OldestStart(), Volatile.Read(ref _channel)?.Window.OldestStart() ?? long.MaxValue);

    /// <summary>True for the lane of those whose kind was refused.</summary>
    public bool IsQuarantine => _context.Quarantine.Lane == this;

    /// <summary>Starts the writer, once.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            return;
        }

        if (IsQuarantine)
        {
            _suspects.SuspectAll();
        }

        _sessions.Watch(_signal.Set);
        _writer = Task.Run(RunAsync);
    }

    /// <summary>Called by the ledger, in the order of admission; the list is empty afterwards.</summary>
    public void Enqueue(ref MessageList messages)
    {
        if (_queue.Add(ref messages))
        {
            _signal.Set();
        }
    }

    /// <summary>Carries a message of another lane from now on.</summary>
    public void Take(PendingMessage message)
    {
        Start();
        var list = default(MessageList);
        list.Add(message);
        Enqueue(ref list);
    }

    /// <summary>Wakes the writer: something it waits for may have changed.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Settles a message by deadline, cancellation or closing.</summary>
    public void Settle(PendingMessage message, long version, SettleKind kind)
    {
        if (message.TrySettle(version, kind) == SettleResult.Settled)
        {
            _queue.NoteSettled();
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
        SettleAll(scratch, SettleKind.Expired);
        bool isOverdue = _leave.IsOverdue(now) | _renewal.IsOverdue(now) | _drain.IsOverdue(now) | _suspects.IsOverdue(now, channel?.Session.IsBlocked == true);
        if (_queue.Wake(now) || channel?.Window.WakesLate() == true || isOverdue || (channel is not null && _sessions.IsStuck(channel.Session)))
        {
            _signal.Set();
        }

        channel?.Tick(now);
    }

    /// <summary>Settles everything that is left: the client is closing and its time is over.</summary>
    public void SettleAll(List<(PendingMessage Message, long Version)> scratch)
    {
        scratch.Clear();
        _queue.CollectExpired(0, all: true, scratch);
        Volatile.Read(ref _channel)?.Window.CollectExpired(0, all: true, scratch);
        SettleAll(scratch, SettleKind.Closed);
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _signal.Set();
        // It may be opening a channel, which ends with the session that is closed next.
        await Task.WhenAny(_writer ?? Task.CompletedTask, Task.Delay(StopLimit, _context.Time)).ConfigureAwait(false);
        _sessions.Unwatch(_signal.Set);
        _linger?.Dispose();
    }

    /// <summary>Sends a message again after a rest: it was nacked, or its target is being declared.</summary>
    internal void Rest(PendingMessage message)
    {
        long pause = _context.RetryPause(message.Answered + message.Unsure);
        message.NotBefore = _context.Time.GetTimestamp() + pause;
        _queue.Rest(message);
    }

    /// <summary>Puts messages that were taken for writing, and not written, back to the front, in their order.</summary>
    internal void TakeBackUnwritten(ReadOnlySpan<PendingMessage> messages) => _queue.TakeBack(messages);

    private void SettleAll(List<(PendingMessage Message, long Version)> messages, SettleKind kind)
        => messages.ForEach(message => Settle(message.Message, message.Version, kind));

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
                await _recovery.RecoverAsync(channel, _stopping.Token).ConfigureAwait(false);
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

        Volatile.Read(ref _channel)?.Retire();
    }

    /// <summary>Opens a channel on the session that suits best; outlives whatever that throws. Null: look again.</summary>
    private async Task<LaneChannel?> AcquireAsync()
    {
        if (_sessions.Choose() is not { } session)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            return null;
        }

        try
        {
            return await LaneChannel.OpenAsync(this, session, _sessions.PlaceOf(session), _context, _signal, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            _context.Logger.LaneChannelFailed(Index, FailureClassifier.Classify(exception));
            if (!session.IsDead)
            {
                _sessions.Avoid(session);
                await Task.Delay(OpenFailurePause, _context.Time, _stopping.Token).ConfigureAwait(false);
            }

            return null;
        }
    }

    private async Task WriteAsync(LaneChannel channel)
    {
        while (!_stopping.IsCancellationRequested && !channel.IsClosed && !(channel.IsWorn && channel.Window.IsSpent))
        {
            int limit = _suspects.Limit(channel.Window.Count, channel.WindowLimit);
            bool renews = _renewal.IsWanted(channel);
            bool leaves = renews || _leave.IsWanted(_sessions.MayMove(channel.Session));
            WindowRoom room = channel.Room(leaves || _drain.Holds() ? 1 : limit);
            if (channel.MustPause || room.Messages == 0 || (!leaves && (!channel.Channel.HasRoom || _queue.MustLinger())))
            {
                await _signal.WaitAsync().ConfigureAwait(false);
                continue;
            }

            _drain.End(channel.Window.Count == 0);
            if (leaves)
            {
                _renewal.Note(renews, Index);
                return;
            }

            var run = default(MessageList);
            if (!_queue.TakeRun(Math.Min(room.Messages, LaneChannel.MaxRun), Math.Min(room.Bytes, LaneChannel.MaxRunBytes), ref run))
            {
                _suspects.Idle(channel.Window.Count);
                await _signal.WaitAsync().ConfigureAwait(false);
            }
            else if (!WriteRun(channel, ref run))
            {
                return;
            }
        }
    }

    private bool WriteRun(LaneChannel channel, ref MessageList run)
    {
        _sessions.Look(run.First);
        bool mayDivert = !_context.Quarantine.IsEmpty && !IsQuarantine;
        while (run.Take() is { } message)
        {
            if (!message.TryBeginWrite())
            {
                message.ReleaseReference();
                _suspects.Dropped();
                continue;
            }

            Verdict verdict = mayDivert ? _drain.Judge(message) : Verdict.Free;
            if (verdict == Verdict.Free)
            {
                _suspects.Sent();
                channel.Add(message);
            }
            else
            {
                channel.EndWrite(message);
                Divert(message, verdict, ref run);
            }
        }

        return channel.Send();
    }

    /// <summary>Hands a message to the quarantine, or waits with it, and with all behind it, for an empty window.</summary>
    private void Divert(PendingMessage message, Verdict verdict, ref MessageList run)
    {
        if (message.TryTakeBack(message.Version) != SettleResult.Settled)
        {
            message.ReleaseReference();
            _suspects.Dropped();
        }
        else if (verdict == Verdict.Taken)
        {
            _suspects.Dropped();
            _context.Quarantine.Lane!.Take(message);
        }
        else
        {
            var front = default(MessageList);
            front.Add(message);
            front.Append(ref run);
            _queue.PutBack(ref front);
            _drain.Ask();
        }
    }
}
