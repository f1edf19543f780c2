using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>The counts of one subscription over all its channels. Thread-safe.</summary>
internal sealed class SubscriptionCounters(string queue = "", ClientTelemetry? telemetry = null, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private volatile string _cause = TelemetryTags.Other;
    private long _missingSince = (time ?? TimeProvider.System).GetUtcNow().UtcTicks;
    private int _unsettled;
    private int _held;
    private long _received;
    private long _acknowledged;
    private long _retried;
    private long _deadLettered;
    private long _requeued;
    private long _stale;
    private long _duplicates;
    private int _resubscribes;
    private long _awaited = long.MaxValue;
    private TaskCompletionSource? _waiting;
    private Action? _onFewer;
    private int _fewer = int.MinValue;

    public int Unsettled => Volatile.Read(ref _unsettled);

    public long Received => Interlocked.Read(ref _received);

    public long StaleAcks => Interlocked.Read(ref _stale);

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long DeadLettered => Interlocked.Read(ref _deadLettered);

    public long Requeued => Interlocked.Read(ref _requeued);

    public void AddReceived(int count)
    {
        Interlocked.Add(ref _unsettled, count);
        if (Interlocked.Add(ref _received, count) >= Volatile.Read(ref _awaited))
        {
            TellReceived();
        }
    }

    /// <summary>Completes when so many messages were received in all. There is one who waits; asking again forgets the former question.</summary>
    public Task WhenReceivedAsync(long count)
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _waiting, waiting);
        Interlocked.Exchange(ref _awaited, count);
        if (Received >= count)
        {
            TellReceived();
        }

        return waiting.Task;
    }

    /// <summary>Messages that are left unsettled because their body exceeds the limit.</summary>
    public void AddHeld(int count) => Interlocked.Add(ref _held, count);

    /// <summary>Calls back whenever no more than this are unsettled again, on the pool; it must not throw. The latest channel is the one that is told.</summary>
    public void TellWhenFewer(int count, Action onFewer)
    {
        Volatile.Write(ref _fewer, count);

        // A full fence: whoever looks at what is unsettled after this sees that it fell, or is told.
        Interlocked.Exchange(ref _onFewer, onFewer);
    }

    /// <summary>Calls back no more, unless another channel's has taken the place.</summary>
    public void TellNoMore(Action onFewer)
    {
        Action? current = Volatile.Read(ref _onFewer);
        if (current == onFewer)
        {
            Interlocked.CompareExchange(ref _onFewer, null, current);
        }
    }

    public void AddFinished()
    {
        if (Interlocked.Decrement(ref _unsettled) == Volatile.Read(ref _fewer) && Volatile.Read(ref _onFewer) is { } onFewer)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => state(), onFewer, preferLocal: false);
        }
    }

    public void AddAcknowledged(int count) => Interlocked.Add(ref _acknowledged, count);

    public void AddRetried() => Interlocked.Increment(ref _retried);

    public void AddDeadLettered() => Interlocked.Increment(ref _deadLettered);

    public void AddRequeued() => Interlocked.Increment(ref _requeued);

    public void AddStale(int count)
    {
        Interlocked.Add(ref _stale, count);
        telemetry?.StaleAcks(queue, count);
    }

    public void AddDuplicate() => Interlocked.Increment(ref _duplicates);

    public void AddResubscribe()
    {
        Interlocked.Increment(ref _resubscribes);
        telemetry?.Resubscribed(queue, _cause);
    }

    /// <summary>Why the consumer was lost: the cause of the next resubscription.</summary>
    public void NoteLoss(ConsumerEndReason reason) => _cause = reason.ToString();

    private void TellReceived()
    {
        Interlocked.Exchange(ref _awaited, long.MaxValue);
        Interlocked.Exchange(ref _waiting, null)?.TrySetResult();
    }

    /// <summary>Notes since when the subscription does not consume although it should. Called by the subscription's loop only.</summary>
    public void NoteState(SubscriptionState state)
    {
        bool isMissing = state is SubscriptionState.Starting or SubscriptionState.Resubscribing;
        long since = Interlocked.Read(ref _missingSince);
        Interlocked.Exchange(ref _missingSince, !isMissing ? 0 : since == 0 ? _time.GetUtcNow().UtcTicks : since);
    }

    public SubscriptionStatus Snapshot(string name, SubscriptionState state, string? lastError) => new(
        name,
        state,
        Unsettled,
        Received,
        Acknowledged,
        Interlocked.Read(ref _retried),
        DeadLettered,
        Requeued,
        StaleAcks,
        Interlocked.Read(ref _duplicates),
        Volatile.Read(ref _resubscribes),
        lastError)
    {
        Held = Volatile.Read(ref _held),
        MissingSince = Interlocked.Read(ref _missingSince) is > 0 and { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
    };
}
