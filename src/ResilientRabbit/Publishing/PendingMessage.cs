using System.Diagnostics;
using System.Threading.Tasks.Sources;
using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>One message from the call to its outcome. Pooled.</summary>
/// <remarks>
/// Its state and its version live in one word (<see cref="MessageState"/>), so that a late answer of a dead session can neither settle it twice nor settle what the object was reused for.
/// Two references keep it from the pool: the engine's (it is in exactly one list or ring) and the caller's (until the result was taken).
/// </remarks>
internal sealed class PendingMessage : IValueTaskSource<PublishReceipt>
{
    /// <summary>Present from the second copy on: the number of the copy.</summary>
    public const string AttemptHeader = "x-publish-attempt";

    private readonly MessagePool _pool;
    private WireProperties _properties;
    private ManualResetValueTaskSourceCore<PublishReceipt> _core;
    private RareMessageState? _rare;
    private MessageState _state;
    private int _references;
    private int _nacksAtEnd;
    private bool _reusable;

    public PendingMessage(MessagePool pool) => _pool = pool;

    /// <summary>Written by the caller before the message is admitted, then by its writer.</summary>
    public Dictionary<string, object?> Headers => _properties.Headers;
    public BasicProperties Properties => _properties.Full;
    public ref readonly WireProperties Wire => ref _properties;
    public string Exchange { get; private set; } = string.Empty;
    public string RoutingKey { get; private set; } = string.Empty;
    public ReadOnlyMemory<byte> Body { get; private set; }
    public bool Mandatory { get; private set; }
    public int Size { get; private set; }

    /// <summary>The lane it is counted on.</summary>
    public Lane Lane { get; private set; } = null!;

    /// <summary>True when the caller gave an ordering key of its own.</summary>
    public bool HasOrderingKey { get; private set; }

    /// <summary>A timestamp of the client's time provider.</summary>
    public long Deadline { get; private set; }

    /// <summary>When the call was made: a timestamp of the client's time provider.</summary>
    public long Started { get; set; }

    /// <summary>When the last copy was written; 0 while nobody measures that.</summary>
    public long WrittenAt { get => _rare?.WrittenAt ?? 0; set => Rare.WrittenAt = value; }

    /// <summary>Where the last copy was written to; null while nobody measures that.</summary>
    public RabbitEndpoint? WrittenTo { get => _rare?.WrittenTo; set => Rare.WrittenTo = value; }

    /// <summary>The activity from the call to the outcome; null when nobody records it.</summary>
    public Activity? Trace { get => _rare?.Trace; set => Rare.Trace = value; }

    public string MessageId => _properties.MessageId;
    public long PublishId => _properties.PublishId;

    /// <summary>The correlation id the caller gave, if any.</summary>
    public string? ConversationId => _properties.IsPlain ? null : Properties.CorrelationId;

    /// <summary>The user id the caller gave, if any.</summary>
    public string? UserId => _properties.IsPlain ? null : Properties.UserId;

    /// <summary>Copies handed to the driver. Written by the writer of the lane only.</summary>
    public int Attempts { get; set; }

    /// <summary>Copies that were nacked.</summary>
    public int Nacks { get => _rare?.Nacks ?? 0; set => Rare.Nacks = value; }

    /// <summary>The channel incarnation that nacked it last.</summary>
    public NackWatch? NackedBy { get => _rare?.NackedBy; set => Rare.NackedBy = value; }

    /// <summary>Copies that were nacked, returned or refused. When it is below <see cref="Attempts"/>, the fate of a copy is unknown.</summary>
    public int Answered { get => _rare?.Answered ?? 0; set => Rare.Answered = value; }

    /// <summary>Copies after which it rested although nothing is known of them: another one may have been refused in their place.</summary>
    public int Unsure { get => _rare?.Unsure ?? 0; set => Rare.Unsure = value; }

    /// <summary>The broker's words on the copy that ends the message.</summary>
    public (int Code, string Text) Reply { get => _rare?.Reply ?? default; set => Rare.Reply = value; }

    /// <summary>Before this timestamp it is not sent again.</summary>
    public long NotBefore { get => _rare?.NotBefore ?? 0; set => Rare.NotBefore = value; }

    /// <summary>The link of the list it is in.</summary>
    public PendingMessage? Next { get; set; }
    public FlushGeneration Generation { get; set; } = null!;

    /// <summary>False while it waits for room: then it is not pending and not counted.</summary>
    public bool IsAdmitted { get; set; }

    /// <summary>True when the ledger has counted its outcome. Guarded by the ledger's lock, like <see cref="IsAdmitted"/>, until it is admitted.</summary>
    public bool WasReleased { get; set; }

    /// <summary>Completed when it was admitted or settled; made only for batches that wait for room.</summary>
    public TaskCompletionSource? Admission { get => _rare?.Admission; set => Rare.Admission = value; }

    public BatchSink? Batch { get; private set; }
    public int BatchIndex { get; private set; }

    /// <summary>Sent as one with the message before it; set by the writer before the copy is in a window.</summary>
    public bool ContinuesPack { get; set; }

    /// <summary>The number of its life: the object is reused.</summary>
    public long Version => _state.Version;

    /// <summary>The token that ended it.</summary>
    public CancellationToken CancelledBy => _rare?.CancelledBy ?? default;

    private RareMessageState Rare => Volatile.Read(ref _rare) ?? Interlocked.CompareExchange(ref _rare, new RareMessageState(), null) ?? _rare;

    public bool IsSettled => _state.IsSettled;
    public bool IsInFlight => _state.IsInFlight;

    /// <summary>Starts a new life with its identity; what else the caller wants sent is then set in <see cref="Properties"/>.</summary>
    public void BeginProperties(string? messageId, MessageIds ids, bool isPersistent, long publishId) => _properties.Begin(messageId, ids, isPersistent, publishId);

    /// <summary>Makes it queued; the properties are there.</summary>
    public void Begin(in OutboundMessage message, Lane lane, bool mandatory, long deadline, BatchSink? batch, int batchIndex)
    {
        Exchange = message.Exchange;
        RoutingKey = message.RoutingKey;
        Body = message.Body;
        Size = message.Body.Length;
        Mandatory = mandatory;
        Lane = lane;
        HasOrderingKey = message.OrderingKey is not null;
        Deadline = deadline;
        Batch = batch;
        BatchIndex = batchIndex;
        _references = 2;
        _reusable = true;
        _state.Begin();
    }

    /// <summary>Another lane carries it from now on, because of something it has in common with a message that was refused.</summary>
    public void MoveTo(Lane lane, Offence offence)
    {
        Rare.Offence = offence;
        Rare.Carrier = lane;
    }

    /// <summary>Must be called before the message is visible to any other thread.</summary>
    public void WatchCancellation(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            Rare.Registration = cancellationToken.UnsafeRegister(static (state, token) => ((PendingMessage)state!).OnCancelled(token), this);
        }
    }

    public ValueTask<PublishReceipt> AsValueTask() => new(this, _core.Version);

    /// <summary>Takes the message for writing. False when it was settled meanwhile: a tombstone.</summary>
    public bool TryBeginWrite() => _state.TryBeginWrite();

    /// <summary>Takes an in-flight message for writing another copy; see the stall probe.</summary>
    public bool TryBeginCopy(long version) => _state.TryBeginCopy(version);

    /// <summary>Ends the writing. When it was settled or nacked meanwhile, that is for the writer to finish.</summary>
    public WriteEnd EndWrite() => _state.EndWrite();

    /// <summary>Settles the message if nobody has. Deferred means: the writer will finish it in a moment.</summary>
    public SettleResult TrySettle(long version, SettleKind kind) => _state.TrySettle(version, kind);

    /// <summary>Takes an unanswered or nacked message back to be sent again. TooLate: it is a tombstone.</summary>
    public SettleResult TryTakeBack(long version) => _state.TryTakeBack(version);

    /// <summary>Hands the outcome to the caller, once, after the message was settled and released from the ledger.</summary>
    public void Complete(Exception? error)
    {
        if (SetOutcome(error))
        {
            _pool.Completions.Add(this);
        }
    }

    /// <summary>Notes the outcome, once, after the message was settled and released from the ledger. True when its caller is still to be told: <see cref="TellCaller"/>.</summary>
    public bool SetOutcome(Exception? error)
    {
        // A tombstone may lie in a list for as long as an outage lasts, and nobody counts its bytes any more.
        Body = default;
        if (error is not null || _rare is not null)
        {
            EndRare(Rare, error);
        }

        if (Batch is { } batch)
        {
            (int index, PublishReceipt receipt) = (BatchIndex, error is null ? ToReceipt() : default);
            ReleaseReference();
            batch.Complete(index, receipt, error);
            return false;
        }

        // A late nack of an earlier copy may still come.
        _nacksAtEnd = Answered + Unsure;
        return true;
    }

    /// <summary>Completes the caller's task; its continuation may run inside. Not on the driver's loop, which it could hold up.</summary>
    public void TellCaller()
    {
        if (_rare?.Error is { } error)
        {
            _core.SetException(error);
        }
        else
        {
            _core.SetResult(_properties.Receipt(Attempts, _nacksAtEnd));
        }
    }

    public OutgoingPublish ToOutgoing() => _properties.IsPlain
        ? new OutgoingPublish(Exchange, RoutingKey, Mandatory, _properties.Plain, null, Body)
        : new OutgoingPublish(Exchange, RoutingKey, Mandatory, default, Properties, Body);

    // Whatever was answered otherwise and rested may have been overtaken: returned or refused as well as nacked.
    public PublishReceipt ToReceipt() => _properties.Receipt(Attempts, Answered + Unsure);

    /// <summary>Drops the engine's or the caller's reference.</summary>
    public void ReleaseReference()
    {
        if (Interlocked.Decrement(ref _references) == 0 && _reusable)
        {
            Reset();
            _pool.Return(this);
        }
    }

    PublishReceipt IValueTaskSource<PublishReceipt>.GetResult(short token)
    {
        // Throws for a token of another life. Taken too early, nothing may be given back: the message is still on its way.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The publish has no outcome yet. Await the task; do not take its result before.");
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            ReleaseReference();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<PublishReceipt>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<PublishReceipt>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    private void OnCancelled(CancellationToken token)
    {
        // Never reused after this: the callback may outlive the settlement by another thread.
        _reusable = false;
        long version = Version;
        Rare.CancelledBy = token;
        (_rare?.Carrier ?? Lane).Settle(this, version, SettleKind.Cancelled);
    }

    private void EndRare(RareMessageState rare, Exception? error)
    {
        if (!rare.Registration.Equals(default) && !rare.Registration.Unregister())
        {
            // The callback runs or has run with this object: it must not meet its next life.
            _reusable = false;
        }

        rare.Registration = default;
        rare.Error = error;
        if (rare.Trace is not null)
        {
            PublishTracing.End(this, error);
        }

        rare.Offence?.Leave(error is null);
        rare.Admission?.TrySetResult();
    }

    private void Reset()
    {
        Body = default;
        Batch = null;
        Next = null;
        Generation = null!;
        IsAdmitted = WasReleased = false;
        Attempts = 0;
        _rare?.Clear();
        _properties.End();
    }
}
