namespace ResilientRabbit.Tests.DependencyInjection;

/// <summary>A client without a broker: the test decides when it connects and what subscribing yields.</summary>
internal sealed class FakeRabbitClient : IRabbitClient
{
    private readonly List<string> _journal = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public event EventHandler<ConnectionStatusChange>? StatusChanged
    {
        add { }
        remove { }
    }

    /// <summary>Gets what happened, in order, with commas.</summary>
    public string Journal
    {
        get
        {
            lock (_journal)
            {
                return string.Join(',', _journal);
            }
        }
    }

    public TaskCompletionSource Connected { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets a source that completes when as many subscriptions as <see cref="Expected"/> were asked for.</summary>
    public TaskCompletionSource AllSubscribed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Expected { get; init; } = 1;

    /// <summary>Gets the queues that do not exist: subscribing to them waits.</summary>
    public HashSet<string> Missing { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the queues whose consumers are confirmed when another one is stopped, whatever the token says: the confirmation was on its way.</summary>
    public HashSet<string> Late { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, (IMessageHandler Handler, ConsumerOptions Options)> Subscribed { get; } = new(StringComparer.Ordinal);

    public RabbitClientStatus Status { get; set; } = new(ConnectionState.Disconnected, [], default, []);

    public IPublisher Publisher => throw new NotSupportedException();

    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        Note("connect");
        await Connected.Task.WaitAsync(cancellationToken);
    }

    public Task DeclareAsync(Topology topology, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public async Task<ISubscription> SubscribeAsync(
        string queue, IMessageHandler handler, ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_journal)
        {
            _journal.Add($"subscribe {queue}");
            Subscribed[queue] = (handler, options!);
            if (Subscribed.Count == Expected)
            {
                AllSubscribed.TrySetResult();
            }
        }

        if (queue.Length == 1)
        {
            throw new ArgumentException("too short", nameof(queue));
        }

        if (Missing.Contains(queue))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        if (Late.Contains(queue))
        {
            await _stopped.Task;
        }

        return new FakeSubscription(this, queue);
    }

    public void Dispose() => Note("dispose");

    public ValueTask DisposeAsync()
    {
        Note("dispose");
        return ValueTask.CompletedTask;
    }

    private void Note(string entry)
    {
        lock (_journal)
        {
            _journal.Add(entry);
        }
    }

    public Task<PulledMessage?> GetAsync(string queue, ConsumerOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private sealed class FakeSubscription(FakeRabbitClient client, string queue) : ISubscription
    {
        public SubscriptionStatus Status => throw new NotSupportedException();

        public Task PauseAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task ResumeAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken = default)
        {
            client.Note($"stop {queue}");
            client._stopped.TrySetResult();
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
