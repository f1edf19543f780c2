using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Declaring;

/// <summary>Declares what the application registered: now, on every new connection, and when a publish or a subscription misses something. One loop; each entity by itself.</summary>
internal sealed class TopologyDeclarer : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryMaxDelay = TimeSpan.FromSeconds(2);

    /// <summary>Requests that nobody waits for are gathered for this long: several connections open at once, many messages miss one queue.</summary>
    private static readonly TimeSpan GatherDelay = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly EffectiveSpecs _specs;
    private readonly ResiliencePipeline<bool> _retry;
    private readonly DeclarationRegistry _registry = new();
    private readonly DeclarationPass _pass;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Lock _lock = new();
    private CancellationTokenSource _round = new();
    private Task? _loop;
    private bool _urgent;
    private bool _disposed;

    public TopologyDeclarer(ConnectionSupervisor control, TimeSpan requestTimeout, ILogger logger, TimeProvider time, DeclarationDefaults? defaults = null)
    {
        _time = time;
        _specs = new EffectiveSpecs(defaults ?? new DeclarationDefaults());
        _pass = new DeclarationPass(control, _registry, requestTimeout, logger, time);
        _retry = BuildRetry(time, logger);
        _logger = logger;
    }

    /// <summary>Completes when each registered entity was tried once on a live session; complete while nothing is registered.</summary>
    public Task InitialPass => _registry.EveryEntryTried;

    /// <summary>Registers a topology and declares it in the background.</summary>
    public void Register(Topology topology)
    {
        Topology effective = _specs.Of(topology);
        Warn(effective);
        _ = _registry.Request(effective);
        Wake(urgent: true);
    }

    /// <summary>Registers queues that the SDK needs for itself, to which the defaults for declarations do not apply, and declares them in the background.</summary>
    public void RegisterOwn(IReadOnlyList<QueueSpec> queues)
    {
        _registry.RequestOwn(queues);
        Wake(urgent: true);
    }

    /// <summary>Takes one <see cref="RegisterOwn"/> back: otherwise what a subscription needed would be declared again for as long as the client lives, also where it was deleted on purpose.</summary>
    public void ReleaseOwn(IReadOnlyList<QueueSpec> queues) => _registry.ReleaseOwn(queues);

    /// <summary>Registers a topology and waits until the broker has accepted or refused each entity.</summary>
    /// <exception cref="TopologyException">An entity was refused; the others were declared.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public async Task DeclareAsync(Topology topology, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ObjectDisposedException.ThrowIf(_disposed, typeof(IRabbitClient));
        cancellationToken.ThrowIfCancellationRequested();
        Topology effective = _specs.Of(topology);
        Warn(effective);
        Task<TopologyException?[]> outcomes = Task.WhenAll(_registry.Request(effective));
        Wake(urgent: true);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken);
        try
        {
            TopologyException?[] results = await outcomes.WaitAsync(either.Token).ConfigureAwait(false);
            if (Array.Find(results, static result => result is not null) is { } refusal)
            {
                throw refusal;
            }
        }
        catch (OperationCanceledException exception) when (either.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException("The client was disposed while a topology was being declared.", exception);
        }
    }

    /// <summary>Declares everything again, in the background: call it whenever a connection was opened anew. Cheap, coalesced, never throws.</summary>
    public void Redeclare()
    {
        if (_registry.RequestAll())
        {
            Wake(urgent: false);
        }
    }

    /// <summary>Declares what a message to this target needs again, in the background. Does nothing for a target that is not ours.</summary>
    public void Suspect(string exchange, string routingKey) => _ = RedeclareTargetAsync(exchange, routingKey);

    /// <summary>As <see cref="Suspect"/>; the task completes when each of these entities was accepted or refused. It never faults, and may not complete while no session lives.</summary>
    public Task RedeclareTargetAsync(string exchange, string routingKey)
    {
        Task<TopologyException?>[] outcomes = _registry.RequestTarget(exchange, routingKey, out bool isNews);
        if (isNews)
        {
            Wake(urgent: false);
        }

        return Task.WhenAll(outcomes);
    }

    /// <summary>Whether the application declares through us what routes this message: the queue on the default exchange, else a binding of the exchange that matches.</summary>
    public bool Knows(string exchange, string routingKey) => _registry.Knows(exchange, routingKey);

    /// <summary>Whether the application declares this exchange through us: a 404 for it may heal.</summary>
    public bool KnowsExchange(string exchange) => _registry.KnowsExchange(exchange);

    /// <summary>The description of a queue that the application declares through us; null for others.</summary>
    public QueueSpec? FindQueue(string name) => _registry.FindQueue(name);

    public async ValueTask DisposeAsync()
    {
        Task? loop;
        CancellationTokenSource round;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            loop = _loop;
            round = _round;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await round.CancelAsync().ConfigureAwait(false);
        _registry.Close();
        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
        }

        _wake.Dispose();
        _stop.Dispose();
    }

    private void Warn(Topology topology)
    {
        foreach (string circle in DeadLetterCycles.Of(topology))
        {
            _logger.DeadLetterCycle(circle);
        }
    }

    private static ResiliencePipeline<bool> BuildRetry(TimeProvider time, ILogger logger) => new ResiliencePipelineBuilder<bool> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<bool>
        {
            ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome is { Exception: null, Result: false } or { Exception: not (null or OperationCanceledException or ObjectDisposedException) }),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = RetryDelay,
            MaxDelay = RetryMaxDelay,
            OnRetry = arguments =>
            {
                if (arguments.Outcome.Exception is { } exception)
                {
                    logger.TopologyPassFailed(exception);
                }

                return default;
            },
        })
        .Build();

    private void Wake(bool urgent)
    {
        CancellationTokenSource round;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _urgent |= urgent;
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }

            _loop ??= Task.Run(RunAsync, CancellationToken.None);
            round = _round;
        }

        // Cuts a back-off short; a declaration that is under way is not disturbed, it looks at the stop token only.
        _ = round.CancelAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                await GatherAsync().ConfigureAwait(false);
                await DeclarePendingAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The client was disposed.
        }
        catch (ObjectDisposedException)
        {
            // The connection was, just before us: nothing will be declared any more.
            _registry.Close();
            await _stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task GatherAsync()
    {
        bool urgent;
        lock (_lock)
        {
            urgent = _urgent;
            _urgent = false;
        }

        if (!urgent)
        {
            await Task.Delay(GatherDelay, _time, _stop.Token).ConfigureAwait(false);
        }
    }

    private async Task DeclarePendingAsync()
    {
        var round = new CancellationTokenSource();
        lock (_lock)
        {
            _stop.Token.ThrowIfCancellationRequested();
            _round = round;
        }

        try
        {
            // The pass looks at the stop token; the round's token ends the waiting between passes.
            _ = await _retry.ExecuteAsync(static (declarer, _) => declarer._pass.RunAsync(declarer._stop.Token), this, round.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            // Woken: another round begins at once, with a fresh back-off.
        }
    }
}
