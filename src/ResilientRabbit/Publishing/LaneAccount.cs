namespace ResilientRabbit.Publishing;

/// <summary>What one lane holds and who waits for it. Guarded by the ledger's lock.</summary>
internal sealed class LaneAccount
{
    private MessageList _waiters;
    private MessageList _entering;
    private long _messages;

    /// <summary>The messages that wait for room, in order; tombstones among them.</summary>
    public ref MessageList Waiters => ref _waiters;

    /// <summary>Admitted messages on their way to the lane; empty whenever the lock is free.</summary>
    public ref MessageList Entering => ref _entering;

    /// <summary>Admitted messages without outcome; read without the lock where an estimate will do.</summary>
    public long Messages
    {
        get => Volatile.Read(ref _messages);
        set => Volatile.Write(ref _messages, value);
    }

    public long Bytes { get; set; }

    /// <summary>Not later than the earliest deadline among the waiting.</summary>
    public long NextDeadline { get; set; } = long.MaxValue;
}
