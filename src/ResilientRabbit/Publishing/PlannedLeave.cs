namespace ResilientRabbit.Publishing;

/// <summary>
/// How a lane gets an empty window to move over while it is busy: it writes nothing more until everything is answered. Where answers do not come
/// (a queue without a leader) it gives up for a while, so that a move that nobody needs holds up nothing.
/// </summary>
/// <param name="time">The client's time.</param>
/// <param name="patience">How long it holds back; null: one second.</param>
internal sealed class PlannedLeave(TimeProvider time, TimeSpan? patience = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly long _patience = (long)((patience ?? Patience).TotalSeconds * time.TimestampFrequency);
    private readonly long _pause = (long)(Pause.TotalSeconds * time.TimestampFrequency);
    private long _holdsUntil;
    private long _toldOf;

    /// <summary>Whether the writer holds back, to leave when nothing is unanswered. Called by the writer of the lane only.</summary>
    public bool IsWanted(bool mayMove)
    {
        if (!mayMove)
        {
            Volatile.Write(ref _holdsUntil, 0);
            return false;
        }

        long now = time.GetTimestamp();
        long until = _holdsUntil;
        if (until == 0 || now - until > _pause)
        {
            Volatile.Write(ref _holdsUntil, now + _patience);
            return true;
        }

        return now < until;
    }

    /// <summary>True once when the writer has held back for too long, and is to be woken. Called by the publisher's clock, however late that is.</summary>
    public bool IsOverdue(long now)
    {
        long until = Volatile.Read(ref _holdsUntil);
        bool isOverdue = until != 0 && now >= until && until != _toldOf;
        _toldOf = isOverdue ? until : _toldOf;
        return isOverdue;
    }
}
