using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>Which session a lane uses: that of its home connection or, while that is away or silent, any other.</summary>
internal sealed class LaneSessions(ISessionSource home, IReadOnlyList<ISessionSource> all, TimeProvider time)
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

    /// <summary>Whether a planned move home makes sense: only when the home connection is really back.</summary>
    public bool MayGoHome(IPublishSession current)
        => home.Session is { IsDead: false } preferred && preferred != current && preferred != _avoided && preferred.IsBlocked == current.IsBlocked;
}
