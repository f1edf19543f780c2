using ResilientRabbit.Connections;
using ResilientRabbit.Tests.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A connection that has a session when the test says so.</summary>
internal sealed class FakeSessionSource(Watch watch) : ISessionSource
{
    private FakePublishSession? _session;

    public event Action? SessionChanged;

    public Watch Watch => watch;

    public IPublishSession? Session => Volatile.Read(ref _session);

    public ConnectionException? LastError { get; set; }

    public bool IsStarted { get; private set; }

    public void Start() => IsStarted = true;

    public FakePublishSession Open()
    {
        var session = new FakePublishSession(this);
        Volatile.Write(ref _session, session);
        Raise();
        return session;
    }

    public void Lose(FakePublishSession session)
    {
        Interlocked.CompareExchange(ref _session, null, session);
        Raise();
    }

    public void Raise() => SessionChanged?.Invoke();
}
