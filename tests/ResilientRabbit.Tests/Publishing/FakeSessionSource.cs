using ResilientRabbit.Connections;
using ResilientRabbit.Tests.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A connection that has a session when the test says so.</summary>
internal sealed class FakeSessionSource(Watch watch) : ISessionSource
{
    private FakePublishSession? _session;
    private int _looks;

    public event Action? SessionChanged;

    public Watch Watch => watch;

    public IPublishSession? Session
    {
        get
        {
            IPublishSession? session = Volatile.Read(ref _session);
            if (session is null)
            {
                // A lane without a session looks here each time it is woken: so a test can see that it waits.
                Interlocked.Increment(ref _looks);
                Watch.Changed();
            }

            return session;
        }
    }

    public ConnectionException? LastError { get; set; }

    public bool IsStarted { get; private set; }

    public void Start() => IsStarted = true;

    public FakePublishSession Open(Action<FakePublishSession>? prepare = null)
    {
        var session = new FakePublishSession(this);
        prepare?.Invoke(session);
        Volatile.Write(ref _session, session);
        Raise();
        return session;
    }

    public void Lose(FakePublishSession session)
    {
        Interlocked.CompareExchange(ref _session, null, session);
        Raise();
    }

    /// <summary>Waits until the lane whose session was lost has put everything back and waits for another one.</summary>
    public async Task WaitingAsync()
    {
        for (int look = 0; look < 10; look++)
        {
            int seen = Volatile.Read(ref _looks);
            Raise();
            await Watch.UntilAsync(() => Volatile.Read(ref _looks) > seen, "the lane looks for a session");
        }
    }

    public void Raise() => SessionChanged?.Invoke();
}
