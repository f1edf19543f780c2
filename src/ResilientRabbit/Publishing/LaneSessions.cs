using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>Which session a lane uses: that of its home connection or, while that is away or silent, any other.</summary>
/// <param name="home">The connection that the lane belongs to.</param>
/// <param name="all">All publish connections.</param>
/// <param name="stallLimit">How long a write may make no progress.</param>
/// <param name="time">The time.</param>
internal sealed class LaneSessions(ISessionSource home, IReadOnlyList<ISessionSource> all, TimeSpan stallLimit, TimeProvider time)
{
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(30);

    private IPublishSession? _avoided;
    private long _avoidedSince;

    /// <summary>A living session, or null.</summary>
    public IPublishSession? Choose()
    {
        if (_avoided is not null && (_avoided.IsDead || time.GetElapsedTime(_avoidedSince) >= AvoidFor))
        {
            _avoided = null;
        }

        if (home.Session is { IsDead: false } preferred && preferred != _avoided)
        {
            return preferred;
        }

        foreach (ISessionSource source in all)
        {
            if (source.Session is { IsDead: false } session && session != _avoided)
            {
                return session;
            }
        }

        // Better the session that was silent than none.
        return _avoided is { IsDead: false } ? _avoided : null;
    }

    public bool IsHome(IPublishSession session) => home.Session == session;

    /// <summary>Calls back when a session was opened, lost, blocked or unblocked.</summary>
    public void Watch(Action changed)
    {
        foreach (ISessionSource source in all)
        {
            source.SessionChanged += changed;
        }
    }

    public void Unwatch(Action changed)
    {
        foreach (ISessionSource source in all)
        {
            source.SessionChanged -= changed;
        }
    }

    /// <summary>The stall probe has shown that this session is silent: not there for a while.</summary>
    public void Avoid(IPublishSession session)
    {
        _avoided = session;
        _avoidedSince = time.GetTimestamp();
    }

    /// <summary>
    /// Whether the session takes no bytes any more while another one might. That alone proves nothing, and while messages are unanswered the stall probe
    /// decides; but a lane that has nothing out there loses nothing by leaving.
    /// </summary>
    public bool IsStuck(IPublishSession current)
    {
        if (current.IsBlocked || current.WriteStall < stallLimit)
        {
            return false;
        }

        foreach (ISessionSource source in all)
        {
            if (source.Session is { IsDead: false, IsBlocked: false } other && other != current && other.WriteStall < stallLimit)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a planned move makes sense: the home connection is back, the session in use is being left by its own connection, or it is stuck.</summary>
    public bool MayMove(IPublishSession current)
    {
        if (IsStuck(current))
        {
            return true;
        }

        if (home.Session is { IsDead: false } preferred && preferred != current && preferred != _avoided && preferred.IsBlocked == current.IsBlocked)
        {
            return true;
        }

        return !IsInUse(current) && Choose() is { } other && other != current && other.IsBlocked == current.IsBlocked;
    }

    private bool IsInUse(IPublishSession session)
    {
        foreach (ISessionSource source in all)
        {
            if (source.Session == session)
            {
                return true;
            }
        }

        return false;
    }
}
