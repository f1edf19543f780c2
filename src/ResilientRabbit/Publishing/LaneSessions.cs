using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>Which session a lane uses: where it follows the leaders of its queues, one to their node; else that of its home connection or, while that is away or silent, any other.</summary>
/// <param name="home">The connection that the lane belongs to.</param>
/// <param name="context">All publish connections, and how long a write may make no progress.</param>
internal sealed class LaneSessions(ISessionSource home, LaneContext context)
{
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestAvoided = TimeSpan.FromMinutes(10);

    private readonly IReadOnlyList<ISessionSource> _all = context.Sources;
    private readonly TimeSpan _stallLimit = context.Settings.ConfirmStallTimeout;
    private readonly TimeProvider _time = context.Time;
    private readonly LeaderVote? _vote = context.Leaders is { } leaders ? new LeaderVote(leaders, context.Time) : null;
    private readonly List<(IPublishSession Session, long Since, TimeSpan For)> _avoided = [];
    private IPublishSession? _proven;

    /// <summary>The node that leads most of what the lane writes; null where it is not known or not followed.</summary>
    public string? LeaderNode => _vote?.Node;

    /// <summary>A message is about to be written: what leads its queue counts for the choice.</summary>
    public void Look(PendingMessage? message)
    {
        if (_vote is not null && message is not null)
        {
            _vote.Count(message);
        }
    }

    /// <summary>A living session, or null.</summary>
    public IPublishSession? Choose()
    {
        _avoided.RemoveAll(static avoided => avoided.Session.IsDead);
        IPublishSession? proven = _proven;
        _proven = null;
        if (proven is { IsDead: false, IsBlocked: false } && !IsAvoided(proven))
        {
            return proven;
        }

        if (PreferredTo(null) is { } preferred)
        {
            return preferred;
        }

        IPublishSession[] living = [.. _all.Select(static source => source.Session).OfType<IPublishSession>().Where(static session => !session.IsDead)];

        // Better a session that was silent than one that takes no bytes, and that than none.
        return OtherWay.Of(living.Where(session => !IsAvoided(session)), _avoided is [.., var last] ? last.Session : null)
            ?? Array.Find(living, session => !IsStalled(session))
            ?? Array.Find(living, session => session == home.Session)
            ?? living.FirstOrDefault();
    }

    /// <summary>Where the session stands for the lane.</summary>
    public LanePlace PlaceOf(IPublishSession session)
        => home.Session == session ? LanePlace.Home : LeaderNode is { } node && IsAt(session, node) ? LanePlace.Leader : LanePlace.Refuge;

    /// <summary>Calls back when a session was opened, lost, blocked or unblocked.</summary>
    public void Watch(Action changed)
    {
        foreach (ISessionSource source in _all)
        {
            source.SessionChanged += changed;
        }
    }

    public void Unwatch(Action changed)
    {
        foreach (ISessionSource source in _all)
        {
            source.SessionChanged -= changed;
        }
    }

    /// <summary>The stall probe has shown that this session is silent, or it is stuck, or it opens no channel: not there for a while, and for longer each time, because a lane that tries it again may stall again.</summary>
    /// <param name="session">The silent one.</param>
    /// <param name="proven">One that has answered meanwhile, if any: the lane goes there next.</param>
    public void Avoid(IPublishSession session, IPublishSession? proven = null)
    {
        int known = _avoided.FindIndex(avoided => avoided.Session == session);
        TimeSpan period = known < 0 ? AvoidFor : TimeSpan.FromTicks(Math.Min(_avoided[known].For.Ticks * 2, LongestAvoided.Ticks));
        if (known >= 0)
        {
            _avoided.RemoveAt(known);
        }

        // Who has answered is avoided no more: of two, each may have been the silent one in turn.
        _avoided.RemoveAll(avoided => avoided.Session == proven);
        _avoided.Add((session, _time.GetTimestamp(), period));
        _proven = proven;
    }

    /// <summary>
    /// Whether the session takes no bytes any more while another one might. That alone proves nothing, and while messages are unanswered the stall probe
    /// decides; but a lane that has nothing out there loses nothing by leaving.
    /// </summary>
    public bool IsStuck(IPublishSession current)
    {
        if (!IsStalled(current))
        {
            return false;
        }

        foreach (ISessionSource source in _all)
        {
            if (source.Session is { IsDead: false, IsBlocked: false } other && other != current && other.WriteStall < _stallLimit)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a planned move makes sense: there is a better session, above all that of the home connection which is back; or the session in use is being left by its own connection, or it is stuck.</summary>
    public bool MayMove(IPublishSession current)
    {
        if (IsStuck(current))
        {
            return true;
        }

        if (PreferredTo(current) is { } preferred && preferred != current && preferred.IsBlocked == current.IsBlocked)
        {
            return true;
        }

        return !IsInUse(current) && Choose() is { } other && other != current && other.IsBlocked == current.IsBlocked;
    }

    /// <summary>Of living sessions that are not avoided: one to the leader's node, above all the one in use, else that of the home connection; null when there is neither.</summary>
    private IPublishSession? PreferredTo(IPublishSession? current)
    {
        IPublishSession? own = home.Session is { IsDead: false } living && !IsAvoided(living) ? living : null;
        if (LeaderNode is not { } node)
        {
            return own;
        }

        IPublishSession? found = own is not null && IsAt(own, node) ? own : null;
        foreach (ISessionSource source in _all)
        {
            if (source.Session is { IsDead: false } session && !IsAvoided(session) && IsAt(session, node) && (found is null || session == current))
            {
                found = session;
            }
        }

        return found ?? own;
    }

    private bool IsAvoided(IPublishSession session) => IsStalled(session) || _avoided.Exists(avoided => avoided.Session == session && _time.GetElapsedTime(avoided.Since) < avoided.For);

    private bool IsStalled(IPublishSession session) => !session.IsBlocked && session.WriteStall >= _stallLimit;

    private static bool IsAt(IPublishSession session, string node) => string.Equals(session.NodeName, node, StringComparison.Ordinal);

    private bool IsInUse(IPublishSession session)
    {
        foreach (ISessionSource source in _all)
        {
            if (source.Session == session)
            {
                return true;
            }
        }

        return false;
    }
}
