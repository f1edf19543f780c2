namespace ResilientRabbit.Consuming;

/// <summary>The counts of one subscription over all its channels. Thread-safe.</summary>
internal sealed class SubscriptionCounters
{
    private int _unsettled;
    private long _received;
    private long _acknowledged;
    private long _retried;
    private long _deadLettered;
    private long _requeued;
    private long _stale;
    private long _duplicates;
    private int _resubscribes;

    public int Unsettled => Volatile.Read(ref _unsettled);

    public long Received => Interlocked.Read(ref _received);

    public long StaleAcks => Interlocked.Read(ref _stale);

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long DeadLettered => Interlocked.Read(ref _deadLettered);

    public long Requeued => Interlocked.Read(ref _requeued);

    public void AddReceived(int count)
    {
        Interlocked.Add(ref _received, count);
        Interlocked.Add(ref _unsettled, count);
    }

    public void AddFinished() => Interlocked.Decrement(ref _unsettled);

    public void AddAcknowledged(int count) => Interlocked.Add(ref _acknowledged, count);

    public void AddRetried() => Interlocked.Increment(ref _retried);

    public void AddDeadLettered() => Interlocked.Increment(ref _deadLettered);

    public void AddRequeued() => Interlocked.Increment(ref _requeued);

    public void AddStale(int count) => Interlocked.Add(ref _stale, count);

    public void AddDuplicate() => Interlocked.Increment(ref _duplicates);

    public void AddResubscribe() => Interlocked.Increment(ref _resubscribes);

    public SubscriptionStatus Snapshot(string queue, SubscriptionState state, string? lastError) => new(
        queue,
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
        lastError);
}
