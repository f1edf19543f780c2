namespace ResilientRabbit.Publishing;

/// <summary>The messages that wait for room: in order on each lane, and the lanes take turns. Guarded by the ledger's lock.</summary>
/// <param name="lanes">What each lane holds and who waits for it.</param>
/// <param name="limits">How much may be pending.</param>
internal sealed class WaitingLines(LaneAccount[] lanes, LedgerLimits limits)
{
    /// <summary>So many that have their outcome already may stand in the lines before they are swept out: an outage may be long, and callers impatient.</summary>
    private const int MaxGone = 256;

    /// <summary>In seconds. So long nothing may become free before what is free is given to others, and so long it is then.</summary>
    private const int LongestKept = 1;
    private const int GivenAway = 10;

    private bool _isGivenAway;
    private bool _wasFreed;
    private long _since;
    private int _turn;
    private int _count;
    private int _gone;

    /// <summary>True when nobody waits.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>
    /// True while whoever is next needs more room than there is: what becomes free is kept for it. Otherwise a large message would wait for as long as small ones come.
    /// </summary>
    public bool IsRoomKept { get; private set; }

    /// <summary>When the oldest of the messages without an outcome was accepted; <see cref="long.MaxValue"/> when none waits.</summary>
    public long OldestStart => lanes.Min(static account => account.Waiters.OldestStart);

    /// <summary>Lets a message wait for room on its lane.</summary>
    public void Add(LaneAccount account, PendingMessage message)
    {
        account.Waiters.Add(message);
        _count++;
        account.NextDeadline = Math.Min(account.NextDeadline, message.Deadline);
    }

    /// <summary>A message that may stand in the lines has its outcome, and it was counted.</summary>
    public void NoteGone() => _gone++;

    /// <summary>A message that was pending has its outcome.</summary>
    public void NoteFreed() => _wasFreed = true;

    /// <summary>
    /// Called by the clock. True when those who wait are to be looked at again: room that was kept for a large message is kept no longer for a while, because nothing has become free. Queues that do not answer may hold what it needs, for as
    /// long as their messages live, and the others would stand still beside room enough.
    /// </summary>
    /// <param name="now">A timestamp.</param>
    /// <param name="second">The timestamps of a second.</param>
    public bool Tick(long now, long second)
    {
        if (_isGivenAway)
        {
            _isGivenAway = now - _since < GivenAway * second;
            return false;
        }

        if (!IsRoomKept || _wasFreed)
        {
            (_wasFreed, _since) = (false, now);
            return false;
        }

        if (now - _since < LongestKept * second)
        {
            return false;
        }

        (_isGivenAway, IsRoomKept, _since) = (true, false, now);
        return true;
    }

    /// <summary>Takes out the next message that may come in; null when there is none.</summary>
    public PendingMessage? TakeNext(in OutcomeCounts counts)
    {
        for (int step = 0; step < lanes.Length && _count > 0; step++)
        {
            LaneAccount account = lanes[_turn];
            DropGone(account);
            PendingMessage? next = account.Waiters.First;
            bool isItsTurn = next is not null && (next.IsSettled || limits.AllowOnLane(account, next.Size));
            bool fits = isItsTurn && (next!.IsSettled || limits.AllowInAll(counts, next.Size));
            IsRoomKept = isItsTurn && !fits && !_isGivenAway;
            if (IsRoomKept)
            {
                return null;
            }

            _turn = (_turn + 1) % lanes.Length;
            if (fits)
            {
                _count--;
                return account.Waiters.Take();
            }
        }

        IsRoomKept = false;
        return null;
    }

    /// <summary>Adds the waiting messages whose deadline has passed, or all of them, to the list; their versions tell their lives apart.</summary>
    public void Collect(long now, bool all, List<(PendingMessage Message, long Version)> into)
    {
        bool sweeps = _gone > MaxGone;
        foreach (LaneAccount account in lanes)
        {
            if (!all && !sweeps && account.NextDeadline > now)
            {
                continue;
            }

            int dropped = account.Waiters.DropReleased();
            _count -= dropped;
            _gone -= dropped;
            account.NextDeadline = long.MaxValue;
            for (PendingMessage? message = account.Waiters.First; message is not null; message = message.Next)
            {
                if (all || message.Deadline <= now)
                {
                    into.Add((message, message.Version));
                }
                else if (!message.IsSettled)
                {
                    account.NextDeadline = Math.Min(account.NextDeadline, message.Deadline);
                }
            }
        }
    }

    /// <summary>Those that were settled and counted while they waited: their place was the engine's reference.</summary>
    private void DropGone(LaneAccount account)
    {
        while (account.Waiters.First is { WasReleased: true } gone)
        {
            account.Waiters.Take();
            _count--;
            _gone--;
            gone.ReleaseReference();
        }
    }
}
