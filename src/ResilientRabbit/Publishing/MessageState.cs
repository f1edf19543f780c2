namespace ResilientRabbit.Publishing;

/// <summary>
/// The state of a pending message and the number of its life in one word, changed by compare-and-swap only:
/// Queued → Writing → InFlight → Settled, and back to Queued after a loss or a nack.
/// </summary>
internal struct MessageState
{
    private const long StateMask = 0xFF;
    private const int VersionShift = 8;

    private const long Queued = 0;
    private const long Writing = 1;
    private const long InFlight = 2;
    private const long Settled = 3;

    // Settled or nacked while the driver was still copying the body: the writer finishes it.
    private const long NackedInWriting = 4;
    private const long SettlingBase = 16;

    private long _word;

    public readonly long Version => Volatile.Read(in _word) >> VersionShift;

    public readonly bool IsSettled => (Volatile.Read(in _word) & StateMask) is Settled;

    public readonly bool IsInFlight => (Volatile.Read(in _word) & StateMask) is InFlight or Writing;

    /// <summary>Starts the next life, queued.</summary>
    public void Begin() => Volatile.Write(ref _word, ((Version + 1) << VersionShift) | Queued);

    /// <summary>Takes the message for writing. False when it was settled meanwhile: a tombstone.</summary>
    public bool TryBeginWrite() => TryMove(Queued, Writing);

    /// <summary>Takes an in-flight message for writing another copy; see the stall probe.</summary>
    public bool TryBeginCopy(long version) => Version == version && TryMove(InFlight, Writing);

    /// <summary>Ends the writing. When it was settled or nacked meanwhile, that is for the writer to finish.</summary>
    public WriteEnd EndWrite()
    {
        while (true)
        {
            long word = Volatile.Read(ref _word);
            long state = word & StateMask;
            switch (state)
            {
                case Writing when TrySwap(word, InFlight):
                    return WriteEnd.InFlight;
                case NackedInWriting when TrySwap(word, Queued):
                    return WriteEnd.Nacked;
                case >= SettlingBase when TrySwap(word, Settled):
                    return new WriteEnd(true, false, (SettleKind)(state - SettlingBase));
            }
        }
    }

    /// <summary>Settles the message if nobody has. Deferred means: the writer will finish it in a moment.</summary>
    public SettleResult TrySettle(long version, SettleKind kind)
    {
        var spin = default(SpinWait);
        while (true)
        {
            long word = Volatile.Read(ref _word);
            if (word >> VersionShift != version)
            {
                return SettleResult.TooLate;
            }

            switch (word & StateMask)
            {
                case Queued or InFlight when TrySwap(word, Settled):
                    return SettleResult.Settled;
                case Writing when TrySwap(word, SettlingBase + (long)kind):
                    return SettleResult.Deferred;
                case NackedInWriting:
                    // The copying of the body ends in a moment; then it is waiting again.
                    spin.SpinOnce();
                    continue;
                case Queued or InFlight or Writing:
                    continue;
                default:
                    return SettleResult.TooLate;
            }
        }
    }

    /// <summary>Takes an unanswered or nacked message back to be sent again. TooLate: it is a tombstone.</summary>
    public SettleResult TryTakeBack(long version)
    {
        while (true)
        {
            long word = Volatile.Read(ref _word);
            if (word >> VersionShift != version)
            {
                return SettleResult.TooLate;
            }

            switch (word & StateMask)
            {
                case InFlight when TrySwap(word, Queued):
                    return SettleResult.Settled;
                case Writing when TrySwap(word, NackedInWriting):
                    return SettleResult.Deferred;
                case InFlight or Writing:
                    continue;
                default:
                    return SettleResult.TooLate;
            }
        }
    }

    private bool TryMove(long from, long to)
    {
        long word = Volatile.Read(ref _word);
        return (word & StateMask) == from && TrySwap(word, to);
    }

    private bool TrySwap(long word, long state)
        => Interlocked.CompareExchange(ref _word, (word & ~StateMask) | state, word) == word;
}
