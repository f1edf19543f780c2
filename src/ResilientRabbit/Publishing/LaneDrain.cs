namespace ResilientRabbit.Publishing;

/// <summary>
/// How a lane waits for an empty window before it hands a message to the quarantine. Where answers do not come (a queue without a leader) it does not wait for long: the message then keeps its
/// place on the lane, where the broker may close the channel for it once more. Used by the writer of the lane only, but for <see cref="IsOverdue"/>.
/// </summary>
internal sealed class LaneDrain(TimeProvider time, Quarantine quarantine)
{
    private readonly PlannedLeave _patience = new(time);
    private long _drainedAt;
    private bool _isAsked;
    private bool _isGivenUp;

    /// <summary>A message has to wait for an empty window.</summary>
    public void Ask() => _isAsked = true;

    /// <summary>Whether nothing is to be written before the window is empty.</summary>
    public bool Holds() => _isAsked && _patience.IsWanted(mayMove: true);

    /// <summary>Something may be written now: the window is empty, or it was not waited for.</summary>
    public void End(bool isEmpty)
    {
        _isGivenUp = _isAsked && !isEmpty;
        _isAsked = false;
        if (isEmpty)
        {
            _drainedAt = quarantine.Count;
            _patience.IsWanted(mayMove: false);
        }
    }

    /// <inheritdoc cref="Quarantine.Judge"/>
    public Verdict Judge(PendingMessage message)
    {
        Verdict verdict = quarantine.Judge(message, _drainedAt);
        return verdict == Verdict.Later && _isGivenUp ? Verdict.Free : verdict;
    }

    /// <inheritdoc cref="PlannedLeave.IsOverdue"/>
    public bool IsOverdue(long now) => _patience.IsOverdue(now);
}
