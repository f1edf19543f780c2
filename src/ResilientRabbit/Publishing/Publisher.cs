using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>Checks messages, gives them an identity, a deadline and a lane, and keeps the clock of their deadlines.</summary>
internal sealed class Publisher : IPublisher
{
    /// <summary>So many messages of a batch are prepared and handed over together.</summary>
    private const int BatchRun = 64;

    /// <summary>The same where they are packed: the lanes find enough to pack at once.</summary>
    private const int PackedBatchRun = 512;

    private readonly LaneContext _context;
    private readonly PublisherSettings _settings;
    private readonly Lane[] _lanes;

    /// <summary>Those of <see cref="_lanes"/> and the quarantine, which carries what the others hand to it.</summary>
    private readonly Lane[] _carriers;

    private readonly PublishLedger _ledger;
    private readonly MessagePool _pool;
    private readonly MessageIds _ids = new();
    private readonly PublishClock _clock;
    private readonly LocalRefusals _refusals;
    private readonly TimeProvider _time;
    private long _lastId;
    private int _started;
    private bool _closed;

    public Publisher(LaneContext context)
    {
        _context = context;
        _settings = context.Settings;
        _ledger = context.Ledger;
        _time = context.Time;
        _pool = context.Pool;
        _refusals = new LocalRefusals(context);
        _lanes = [.. Enumerable.Range(0, _settings.Lanes).Select(index => new Lane(index, context, context.Sources[index % context.Sources.Count]))];
        context.Quarantine.Lane = new Lane(_lanes.Length, context, context.Sources[_lanes.Length % context.Sources.Count]);
        _carriers = [.. _lanes, context.Quarantine.Lane];
        _clock = new PublishClock(_ledger, _pool.Completions, _carriers, context.Logger, _time);
    }

    public PublishCounts Counts => _ledger.Counts;

    public IReadOnlyList<Lane> Lanes => _lanes;

    /// <summary>Messages on the wire without an answer.</summary>
    public int InFlight => _carriers.Sum(static lane => lane.InFlight);

    /// <summary>How long the oldest message without an outcome has been waiting for it; zero when there is none.</summary>
    public TimeSpan OldestUnconfirmed
    {
        get
        {
            long oldest = Math.Min(_ledger.OldestWaiting(), _carriers.Min(static lane => lane.OldestStart));
            TimeSpan age = oldest == long.MaxValue ? TimeSpan.Zero : _time.GetElapsedTime(oldest);
            return age > TimeSpan.Zero ? age : TimeSpan.Zero;
        }
    }

    public ValueTask<PublishReceipt> PublishAsync(
        string exchange, string routingKey, ReadOnlyMemory<byte> body, MessageProperties? properties = null, CancellationToken cancellationToken = default)
        => PublishAsync(new OutboundMessage { Exchange = exchange, RoutingKey = routingKey, Body = body, Properties = properties }, cancellationToken);

    public ValueTask<PublishReceipt> PublishAsync(OutboundMessage message, CancellationToken cancellationToken = default)
    {
        if (Prepare(message, _time.GetTimestamp(), null, 0, out PendingMessage? pending, cancellationToken) is { } error)
        {
            return ValueTask.FromException<PublishReceipt>(error);
        }

        ValueTask<PublishReceipt> result = pending!.AsValueTask();
        _ = Submit(pending);
        return result;
    }

    public async ValueTask<PublishBatchResult> PublishBatchAsync(IReadOnlyList<OutboundMessage> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed), typeof(RabbitClient));
        int count = messages.Count;
        if (count == 0)
        {
            return new PublishBatchResult([], 0);
        }

        long called = _time.GetTimestamp();
        Start();
        var sink = new BatchSink(count);
        var run = new PendingMessage[Math.Min(count, _settings.Packing ? PackedBatchRun : BatchRun)];
        for (int index = 0; index < count;)
        {
            int end = Math.Min(count, index + run.Length);
            int length = 0;
            try
            {
                for (; index < end; index++)
                {
                    if (PrepareOf(messages[index], called, sink, index, cancellationToken) is { } pending)
                    {
                        run[length++] = pending;
                    }
                }
            }
            finally
            {
                // Also when the list itself throws: what was taken from it is on its way and has an outcome.
                await SubmitRunAsync(run.AsMemory(0, length)).ConfigureAwait(false);
            }
        }

        return await sink.Done.ConfigureAwait(false);
    }

    public async Task<PublishCounts> FlushAsync(CancellationToken cancellationToken = default)
    {
        await _ledger.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return _ledger.Counts;
    }

    /// <summary>Starts connecting and the writers, at the first call.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _started) != 0 || Interlocked.Exchange(ref _started, 1) != 0)
        {
            return;
        }

        foreach (ISessionSource source in _context.Sources)
        {
            source.Start();
        }

        foreach (Lane lane in _lanes)
        {
            lane.Start();
        }
    }

    /// <summary>Admits nothing more, waits for what is pending until the limit, and gives the rest its honest outcome.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        Volatile.Write(ref _closed, true);
        Task drained = _ledger.CloseAsync();
        try
        {
            await drained.WaitAsync(limit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _clock.SettleAll();
        }

        await Task.WhenAll(_carriers.Select(static lane => lane.StopAsync())).ConfigureAwait(false);
        _clock.SettleAll();
        _clock.Dispose();
    }

    private Exception? Prepare(in OutboundMessage message, long called, BatchSink? batch, int batchIndex, out PendingMessage? pending, CancellationToken cancellationToken)
    {
        pending = null;
        if (Volatile.Read(ref _closed))
        {
            return new ObjectDisposedException(nameof(RabbitClient));
        }

        if (NameRules.Check(message.Exchange, "exchange") is { } badExchange)
        {
            return badExchange;
        }

        if (NameRules.Check(message.RoutingKey, "routingKey") is { } badKey)
        {
            return badKey;
        }

        if (message.DeliveryTimeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > TimeSpan.FromDays(24)))
        {
            return new ArgumentOutOfRangeException(nameof(message), timeout, "DeliveryTimeout must be above zero and at most 24 days.");
        }

        long id = Interlocked.Increment(ref _lastId);
        PendingMessage candidate = _pool.Rent();
        candidate.BeginProperties(message.Properties?.MessageId, _ids, message.Properties?.Persistent ?? _settings.Persistent, id);
        Exception? error = message.Properties is { } properties ? PropertiesCopier.Copy(properties, candidate) : null;
        error ??= _refusals.Check(message, candidate, cancellationToken);
        if (error is not null)
        {
            return error;
        }

        Lane lane = ChooseLane(message);
        TimeSpan life = message.DeliveryTimeout ?? _settings.DeliveryTimeout;
        candidate.Started = called;
        long deadline = candidate.Started + (long)(life.TotalSeconds * _time.TimestampFrequency);
        candidate.Begin(message, lane, message.Mandatory ?? _settings.Mandatory, deadline, batch, batchIndex);
        if (Tracing.Source.HasListeners())
        {
            PublishTracing.Begin(candidate);
        }

        candidate.WatchCancellation(cancellationToken);
        pending = candidate;
        return null;
    }

    /// <summary>The message of a batch, or null when its outcome is known already.</summary>
    private PendingMessage? PrepareOf(in OutboundMessage message, long called, BatchSink sink, int index, CancellationToken cancellationToken)
    {
        if (Prepare(message, called, sink, index, out PendingMessage? pending, cancellationToken) is not { } error)
        {
            return pending;
        }

        sink.Complete(index, default, error is ObjectDisposedException ? _refusals.ClosedBefore(message) : error);
        return null;
    }

    /// <summary>Hands prepared messages to the ledger, in order: together where there is room, otherwise one at a time.</summary>
    private async ValueTask SubmitRunAsync(ReadOnlyMemory<PendingMessage> run)
    {
        while (!run.IsEmpty)
        {
            _context.SettleLate(run.Span);
            int admitted = _ledger.AdmitRun(run.Span);
            if (admitted > 0)
            {
                _clock.Run();
                run = run[admitted..];
                continue;
            }

            if (Submit(run.Span[0], tellAdmission: true) is { } task)
            {
                // One at a time: a batch larger than the limits waits here and not in a line of its own making.
                await task.ConfigureAwait(false);
            }

            run = run[1..];
        }
    }

    private Lane ChooseLane(in OutboundMessage message)
    {
        if (_lanes.Length == 1)
        {
            return _lanes[0];
        }

        if (message.OrderingKey is { } key)
        {
            return _lanes[(uint)key.GetHashCode(StringComparison.Ordinal) % (uint)_lanes.Length];
        }

        return _settings.PreserveOrder ? _lanes[(uint)HashCode.Combine(message.Exchange, message.RoutingKey) % (uint)_lanes.Length] : LeastLoaded();
    }

    private Lane LeastLoaded()
    {
        int best = 0;
        for (int index = 1; index < _lanes.Length; index++)
        {
            if (_ledger.PendingOn(index) < _ledger.PendingOn(best))
            {
                best = index;
            }
        }

        return _lanes[best];
    }

    /// <summary>Hands the message to the ledger. The task, when asked for, completes when a message that had to wait for room was admitted or settled.</summary>
    private Task? Submit(PendingMessage message, bool tellAdmission = false)
    {
        Start();
        long version = message.Version;
        Admission admission = _ledger.Admit(message, _settings.BufferFull == BufferFullMode.Wait, tellAdmission, out Task? admitted);
        switch (admission)
        {
            case Admission.Admitted or Admission.Waiting:
                _clock.Run();
                return admitted;
            case Admission.Gone:
                message.ReleaseReference();
                return null;
        }

        if (message.TrySettle(version, SettleKind.NoRoom) == SettleResult.Settled)
        {
            _context.Finish(message, admission == Admission.Closed ? SettleKind.Closed : SettleKind.NoRoom);
        }

        message.ReleaseReference();
        return null;
    }
}
