using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Decides when a lane gives up a channel on which the broker nacks. RabbitMQ 3.10 remembers in each channel which node leads a quorum queue;
/// a channel whose first publish to the queue fell into an election remembers the dead leader and nacks everything until that node is
/// back, while any newer channel works at once (seen: 158 messages nacked for the 90 seconds that the node was away).
/// A queue that refuses by policy (length limit) nacks on every channel: renewals are paced.
/// </summary>
internal sealed class ChannelRenewal(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly PlannedLeave _leave = new(time, Patience);

    private int _inARow;
    private bool _any;
    private long _last;

    private TimeSpan Pause => TimeSpan.FromTicks((long)Math.Min(FirstPause.Ticks * Math.Pow(2, Math.Min(_inARow, 16)), LongestPause.Ticks));

    /// <summary>
    /// Whether the lane should leave this channel for a new one as soon as nothing is unanswered on it; not for long where another queue does not answer.
    /// Called by the writer of the lane only.
    /// </summary>
    public bool IsWanted(LaneChannel channel) => _leave.IsWanted(channel.Nacks.IsSuspect && (!_any || time.GetElapsedTime(_last) >= Pause));

    /// <inheritdoc cref="PlannedLeave.IsOverdue"/>
    public bool IsOverdue(long now) => _leave.IsOverdue(now);

    /// <summary>Notes that the channel is being left: for its nacks, or for another reason. Called by the writer of the lane only.</summary>
    public void Note(bool isRenewal, int lane)
    {
        if (!isRenewal)
        {
            return;
        }

        _inARow = _any && time.GetElapsedTime(_last) < Forgotten ? _inARow + 1 : 0;
        _any = true;
        _last = time.GetTimestamp();
        logger.LaneChannelRenewed(lane);
    }
}
