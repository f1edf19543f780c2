namespace ResilientRabbit.Publishing;

/// <summary>
/// Decides when the writer that found its window full goes on: when an eighth of it is free. A broker that acks one by one would else be
/// sent one message at a time, each with a wake-up, a system call and a packet of its own.
/// </summary>
internal struct RoomWait
{
    private const int Piece = 8;

    private bool _waits;
    private int _limit;
    private int _wakeAt;
    private long _maxBytes;
    private long _wakeAtBytes;

    /// <summary>The writer waits from now on.</summary>
    public void Begin(int limit, long maxBytes)
    {
        _waits = true;
        _limit = limit;
        _wakeAt = limit - Math.Max(1, limit / Piece);
        _maxBytes = maxBytes;
        _wakeAtBytes = maxBytes - (maxBytes / Piece);
    }

    public void End() => _waits = false;

    /// <summary>Whether the wait ends with this much in the window.</summary>
    public bool TryEnd(int messages, long bytes)
    {
        bool ends = _waits && messages <= _wakeAt && (bytes <= _wakeAtBytes || messages == 0);
        _waits &= !ends;
        return ends;
    }

    /// <summary>
    /// Ends the wait for any room at all. Called by the clock: where most of a window belongs to a queue that does not answer, an eighth may
    /// never become free, and the other messages must go on.
    /// </summary>
    public bool TryEndLate(int messages, long bytes)
    {
        bool ends = _waits && messages < _limit && bytes < _maxBytes;
        _waits &= !ends;
        return ends;
    }
}
