using System.Collections.Concurrent;
using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>
/// The model and the turns in which it is entered: one at a time in the whole cluster, whoever comes. What a turn has to say goes out after it,
/// so that nobody waits for a socket inside.
/// </summary>
internal sealed class ClusterHost : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<ServerConnection> _dirty = [];
    private readonly ConcurrentQueue<ServerConnection> _catchUp = new();
    private readonly List<ServerChannel> _parked = [];
    private readonly List<ConditionWaiter> _waiters = [];
    private readonly ITimer? _expiry;
    private long _armedFor = long.MaxValue;

    public ClusterHost(BrokerModel model, bool expiresByItself)
    {
        Model = model;
        _expiry = expiresByItself
            ? model.Clock.TimeProvider.CreateTimer(static host => ((ClusterHost)host!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
    }

    public BrokerModel Model { get; }

    public ReplyToRegistry ReplyTo { get; } = new();

    /// <summary>The nodes; filled before any of them listens.</summary>
    public List<BrokerNode> Nodes { get; } = [];

    /// <summary>Why publishers are blocked; null when they are not.</summary>
    public string? Alarm { get; set; }

    public void Turn<TState>(TState state, Action<TState> work) => Turn((state, work), static both =>
    {
        both.work(both.state);
        return true;
    });

    /// <summary>Does something inside a turn.</summary>
    public TResult Turn<TState, TResult>(TState state, Func<TState, TResult> work)
    {
        ServerConnection[] dirty;
        TResult result;
        lock (_gate)
        {
            try
            {
                ExpireNow();
                result = work(state);
            }
            finally
            {
                dirty = EndTurn();
            }
        }

        foreach (ServerConnection connection in dirty)
        {
            if (!connection.Node.Gates.IsFrozen)
            {
                connection.Flush();
            }
        }

        return result;
    }

    /// <summary>Nodes went or came: those without a majority pause, those that have one again go on.</summary>
    public async Task ReviewAsync()
    {
        (BrokerNode[] pause, BrokerNode[] resume) = Turn(this, static host => host.Review());
        foreach (BrokerNode node in pause)
        {
            await node.StopListeningAsync().ConfigureAwait(false);
        }

        foreach (BrokerNode node in resume)
        {
            node.Listen();
        }
    }

    /// <summary>Publishers may go on.</summary>
    public void ClearAlarm()
    {
        ServerConnection[] connections = [.. Nodes.SelectMany(static node => node.Connections())];
        Turn((this, connections), static word =>
        {
            word.Item1.Alarm = null;
            foreach (ServerConnection connection in word.connections)
            {
                connection.Unblock();
            }
        });
        foreach (BrokerNode node in Nodes)
        {
            node.Gates.Changed();
        }
    }

    /// <summary>Reads something without a turn of its own: nothing changes.</summary>
    public TResult Read<TResult>(Func<TResult> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>Something waits in the connection's output. Only inside a turn.</summary>
    public void HasOutput(ServerConnection connection)
    {
        if (!connection.IsDirty)
        {
            connection.IsDirty = true;
            _dirty.Add(connection);
        }
    }

    /// <summary>A fault did something in the connection's name; called from anywhere, under whatever lock, so that this takes none.</summary>
    public void NeedsCatchUp(ServerConnection connection) => _catchUp.Enqueue(connection);

    public void Park(ServerChannel channel) => _parked.Add(channel);

    /// <summary>Completes when the condition holds at the end of some turn; true at once if it holds now.</summary>
    public async Task WaitForAsync(Func<bool> condition, TimeSpan bound, CancellationToken cancellationToken)
    {
        ConditionWaiter waiter;
        lock (_gate)
        {
            if (condition())
            {
                return;
            }

            _waiters.Add(waiter = new ConditionWaiter(condition));
        }

        try
        {
            await waiter.Task.WaitAsync(bound, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The broker did not come into the state waited for within {bound}.");
        }
        finally
        {
            lock (_gate)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>A turn in which nothing happens but what is due. The clock may have jumped: the timer is set anew.</summary>
    public void Expire() => Turn(this, static host => host._armedFor = -1);

    public void Dispose() => _expiry?.Dispose();

    private (BrokerNode[] Pause, BrokerNode[] Resume) Review()
    {
        (List<ModelNode> pause, List<ModelNode> resume) = Model.Cluster.Review();
        foreach (ModelNode member in pause.Concat(resume))
        {
            member.IsPaused = !member.IsPaused;
        }

        BrokerNode[] pausing = [.. Nodes.Where(node => pause.Contains(node.Member))];
        foreach (BrokerNode node in pausing)
        {
            foreach (ServerConnection connection in node.Connections())
            {
                connection.Force("broker forced connection closure with reason 'shutdown'");
            }
        }

        if (pause.Count + resume.Count > 0)
        {
            Model.Cluster.Reconsider();
        }

        return (pausing, [.. Nodes.Where(node => resume.Contains(node.Member))]);
    }

    private void ExpireNow()
    {
        // The clock is only asked when something is due at all.
        if (Model.Deadlines.Next != long.MaxValue)
        {
            Model.Deadlines.Run(Model.Clock.Now);
        }
    }

    private ServerConnection[] EndTurn()
    {
        while (_catchUp.TryDequeue(out ServerConnection? late))
        {
            late.CatchUp();
        }

        ResumeParked();
        if (_waiters.Count > 0)
        {
            _waiters.RemoveAll(static waiter => waiter.Look());
        }

        Arm();
        if (_dirty.Count == 0)
        {
            return [];
        }

        for (int i = 0; i < _dirty.Count; i++)
        {
            _dirty[i].CollectAnswers();
        }

        ServerConnection[] dirty = [.. _dirty];
        _dirty.Clear();
        foreach (ServerConnection connection in dirty)
        {
            connection.IsDirty = false;
        }

        return dirty;
    }

    private void ResumeParked()
    {
        if (_parked.Count == 0)
        {
            return;
        }

        ServerChannel[] parked = [.. _parked];
        _parked.Clear();
        foreach (ServerChannel channel in parked)
        {
            if (!channel.Resume() && !_parked.Contains(channel))
            {
                _parked.Add(channel);
            }
        }
    }

    private void Arm()
    {
        long next = Model.Deadlines.Next;
        if (_expiry is null || next == _armedFor)
        {
            return;
        }

        _armedFor = next;
        _expiry.Change(
            next == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Clamp(next - Model.Clock.Now, 1, uint.MaxValue - 2)),
            Timeout.InfiniteTimeSpan);
    }
}
