using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>
/// One subscription: a single loop that opens a consumer channel, lives with it until it ends, and opens the next one. The loop is the only writer of the
/// state; the public methods only say what is wanted.
/// </summary>
internal sealed class Subscription : ISubscription
{
    /// <summary>A consumer that lived at least this long was a success: its loss is followed by an attempt at once.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(5);

    private readonly ConsumerSettings _settings;
    private readonly SubscriptionServices _services;
    private readonly ConsumerOpener _opener;
    private readonly IdleWatch _idle;
    private readonly ConsumerDrain _drain;
    private readonly SettlementExecutor _settlement;
    private readonly DeliveryWorkers _workers;
    private readonly SubscriptionCounters _counters;
    private readonly DeliveryQueue _deliveries;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _hurry = new();
    private readonly Lock _lock = new();
    private CancellationTokenSource _interrupt = new();
    private TaskCompletionSource _stateChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SubscriptionState _wanted = SubscriptionState.Consuming;
    private SubscriptionState _state = SubscriptionState.Starting;
    private Task _run = Task.CompletedTask;
    private int _failures;
    private IReadOnlyList<QueueSpec> _ownQueues = [];
    private bool _isRunning;
    private bool _isPlanned;

    private Subscription(ConsumerSettings settings, IMessageHandler handler, SubscriptionServices services)
    {
        _settings = settings;
        _services = services;
        _counters = new SubscriptionCounters(settings.Queue, services.Telemetry, services.Time);
        _deliveries = new DeliveryQueue(settings.OrderingKey);
        _opener = new ConsumerOpener(settings, services, _counters, _deliveries);
        _idle = new IdleWatch(settings, _counters, () => services.Topology.FindQueue(settings.Queue), services.Logger, services.Time, services.Outage);
        _drain = new ConsumerDrain(settings, services.Logger, services.Time);
        _settlement = new SettlementExecutor(services.Publisher, settings, _counters, services.Logger, services.Time)
        {
            Repeats = services.Repeats,
            Oversized = new OversizedRule(settings, () => services.Topology.FindQueue(settings.Queue), services.MaxInbound, services.Logger, services.Repeats),
        };
        _workers = new DeliveryWorkers(handler, settings, _settlement, services.Logger, services.Time, services.Telemetry);
    }

    public SubscriptionStatus Status => _counters.Snapshot(_settings.Queue, _state, _opener.LastError);

    /// <summary>Completes when the subscription has stopped. Never faults.</summary>
    public Task Completion => _run;

    /// <summary>Checks the arguments; nothing is sent before <see cref="StartAsync"/>.</summary>
    /// <exception cref="ArgumentException">The queue's name or an option is not valid.</exception>
    public static Subscription Create(string queue, IMessageHandler handler, ConsumerOptions? options, SubscriptionServices services)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new Subscription(ConsumerSettings.From(queue, options, services.Defaults), handler, services);
    }

    /// <summary>Starts the loop and waits for the first <c>consume-ok</c>. Cancelling ends the subscription, too. Call it once.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_isRunning)
            {
                throw new InvalidOperationException("The subscription was started before.");
            }

            _isRunning = true;
            _ownQueues = RetryTopology.Of(_settings, _services.Topology);
            _services.Topology.RegisterOwn(_ownQueues);
            _ = _workers.Start(_deliveries);
            _run = Task.Run(RunAsync, CancellationToken.None);
        }

        try
        {
            await _started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Want(SubscriptionState.Stopped);
            throw;
        }
    }

    public async Task PauseAsync(CancellationToken cancellationToken = default)
    {
        Want(SubscriptionState.Paused);
        await WaitForAsync(SubscriptionState.Paused, cancellationToken).ConfigureAwait(false);
    }

    public async Task ResumeAsync(CancellationToken cancellationToken = default)
    {
        Want(SubscriptionState.Consuming);
        await WaitForAsync(SubscriptionState.Consuming, cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Want(SubscriptionState.Stopped);
        CancellationTokenRegistration hurry = cancellationToken.UnsafeRegister(static state => _ = ((CancellationTokenSource)state!).CancelAsync(), _hurry);
        await using (hurry.ConfigureAwait(false))
        {
            await _run.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Drains and subscribes again: the session in use is being left.</summary>
    public void Move() => Want(SubscriptionState.Consuming, again: true);

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);

    /// <summary>Says what is wanted and interrupts whatever the loop waits for. Stopped is final.</summary>
    private void Want(SubscriptionState wanted, bool again = false)
    {
        CancellationTokenSource interrupt;
        lock (_lock)
        {
            if (_wanted == wanted != again || _wanted == SubscriptionState.Stopped)
            {
                return;
            }

            _wanted = wanted;
            interrupt = _interrupt;
            _interrupt = new CancellationTokenSource();
        }

        _ = interrupt.CancelAsync();
    }

    private async Task WaitForAsync(SubscriptionState state, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_state == state || _state == SubscriptionState.Stopped || _wanted != state || !_isRunning)
                {
                    return;
                }

                changed = _stateChanged.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void SetState(SubscriptionState state)
    {
        TaskCompletionSource changed;
        _counters.NoteState(state);
        lock (_lock)
        {
            _state = state;
            changed = _stateChanged;
            _stateChanged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    private void SetResubscribing() => SetState(SubscriptionState.Resubscribing);

    private async Task RunAsync()
    {
        while (true)
        {
            (SubscriptionState wanted, CancellationToken interrupt) = Wanted();
            if (wanted == SubscriptionState.Stopped)
            {
                break;
            }

            try
            {
                await (wanted == SubscriptionState.Paused ? RestAsync(interrupt) : LiveAsync(interrupt)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
            {
                // Something else is wanted.
            }
            catch (Exception exception) when (exception is ObjectDisposedException || (exception is ConnectionException && !_started.Task.IsCompleted))
            {
                // The connection was disposed, and with it the client; or the broker cannot do what a subscription needs.
                _started.TrySetException(exception);
                _ = _started.Task.Exception;
                Want(SubscriptionState.Stopped);
            }
            catch (Exception exception)
            {
                _failures++;
                _services.Logger.SubscriptionFailed(exception, _settings.Queue);
                await Task.Delay(ResubscribeDelay.Of(_failures, 0, 1), _services.Time, interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        End();
    }

    private (SubscriptionState Wanted, CancellationToken Interrupt) Wanted()
    {
        lock (_lock)
        {
            return (_wanted, _interrupt.Token);
        }
    }

    private async Task RestAsync(CancellationToken interrupt)
    {
        _services.Logger.ConsumerPaused(_settings.Queue);
        SetState(SubscriptionState.Paused);
        await Task.Delay(Timeout.InfiniteTimeSpan, _services.Time, interrupt).ConfigureAwait(false);
    }

    /// <summary>One incarnation, from opening to its end.</summary>
    private async Task LiveAsync(CancellationToken interrupt)
    {
        bool isPlanned = _isPlanned;
        _isPlanned = false;
        if (_started.Task.IsCompleted && !isPlanned)
        {
            SetResubscribing();
        }

        TimeSpan pause = ResubscribeDelay.Of(_failures, _opener.LastReplyCode, Random.Shared.NextDouble(), _opener.IsUnanswered) + _opener.TakeCancelPause(Random.Shared.NextDouble());
        await Task.Delay(pause, _services.Time, interrupt).ConfigureAwait(false);
        ConsumerChannel? channel = await _opener.TryOpenAsync(_failures + 1, isPlanned ? SetResubscribing : null, interrupt).ConfigureAwait(false);
        if (channel is null)
        {
            _failures++;
            return;
        }

        if (_started.Task.IsCompleted)
        {
            _counters.AddResubscribe();
        }

        _services.Logger.ConsumerStarted(_settings.Queue, channel.ConsumerTag, Status.Resubscribes);
        SetState(SubscriptionState.Consuming);
        _started.TrySetResult();
        long since = _services.Time.GetTimestamp();
        try
        {
            ConsumerEnd end = await _idle.WaitForEndAsync(channel, _services.RequestTimeout, interrupt).ConfigureAwait(false);
            _failures = _services.Time.GetElapsedTime(since) >= StableAfter || end.Reason == ConsumerEndReason.Refreshed ? 0 : _failures + 1;
            _opener.Lost(channel, end);
            if (end.Reason == ConsumerEndReason.Refreshed)
            {
                await DrainAsync(channel).ConfigureAwait(false);
                _isPlanned = true;
                return;
            }

            channel.Retire(end);
            DropQueued();
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            _failures = 0;
            await DrainAsync(channel).ConfigureAwait(false);
            _isPlanned = Wanted().Wanted == SubscriptionState.Consuming;
        }
    }

    private async Task DrainAsync(ConsumerChannel channel)
    {
        Task handlers = channel.BeginDraining();
        DropQueued();
        await _drain.RunAsync(channel, handlers, _hurry.Token).ConfigureAwait(false);
        DropQueued();
    }

    /// <summary>Forgets what no handler has begun: its channel is going, the broker delivers it again.</summary>
    private void DropQueued() => _deliveries.Forget(_settlement.Drop);

    private void End()
    {
        _deliveries.Complete();
        _services.Topology.ReleaseOwn(_ownQueues);

        // What has not begun is ended by the client's end, or by the caller's own token, which was told already.
        _started.TrySetException(new ObjectDisposedException(nameof(RabbitClient)));
        _ = _started.Task.Exception;
        _services.Logger.ConsumerStopped(_settings.Queue, Status.Received, Status.Acknowledged);
        SetState(SubscriptionState.Stopped);
    }
}
