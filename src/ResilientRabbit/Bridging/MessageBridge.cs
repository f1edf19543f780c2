using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Bridging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit;

/// <summary>Moves the messages of a queue to an exchange or queue of another cluster, as a shovel inside the application.</summary>
/// <remarks>
/// Thread-safe. Delivery guarantee: at least once. A message is acknowledged at the source after the far side has confirmed it, or after a copy was confirmed in the parking
/// queue. Both clients fail over by themselves; while the far side is away the bridge holds its window and takes nothing more. What was not acknowledged when a
/// source session was lost is delivered and forwarded again, in order, with the header <c>x-bridge-redelivered</c>; what was not confirmed when a far session was lost is sent
/// again with <c>x-publish-attempt</c>. A stopped bridge cannot be started again.
/// </remarks>
public sealed class MessageBridge : IAsyncDisposable, IDisposable
{
    private readonly IRabbitClient _source;
    private readonly BridgeSettings _settings;
    private readonly BridgeForwarder _forwarder;
    private readonly BridgeMeter _meter;
    private readonly Instruments _instruments;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private Task<ISubscription>? _subscribing;
    private Task? _ending;

    /// <summary>Builds the bridge. Nothing is sent before <see cref="StartAsync"/>.</summary>
    /// <param name="source">The client of the cluster whose queue is read. Stays the caller's.</param>
    /// <param name="target">The client of the cluster that gets the messages. Stays the caller's; it must outlive the bridge.</param>
    /// <param name="options">The options, copied here.</param>
    /// <param name="loggerFactory">Where to log; nowhere when <see langword="null"/>.</param>
    /// <param name="timeProvider">The time; the system's when <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public MessageBridge(IRabbitClient source, IRabbitClient target, MessageBridgeOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        TimeProvider time = timeProvider ?? TimeProvider.System;
        _source = source;
        _settings = BridgeSettings.From(options);
        _logger = GuardedLogger.Of(loggerFactory ?? NullLoggerFactory.Instance, "ResilientRabbit.Bridging");
        _meter = new BridgeMeter(_settings.Name, time);
        _forwarder = new BridgeForwarder(target.Publisher, _settings, _meter, _logger, time);
        _instruments = source is RabbitClient own ? own.Instruments : Instruments.For(null);
    }

    /// <summary>Gets the name of the bridge.</summary>
    public string Name => _settings.Name;

    /// <summary>Gets a snapshot of the bridge's state. It does not change after it was taken.</summary>
    public MessageBridgeStatus Status => new(
        Name, SubscriptionOrNull?.Status, _meter.Forwarded, _meter.Redelivered, _meter.Refused, _meter.Loops, _meter.Requeued, _meter.InFlight, _forwarder.InFlightBytes, _meter.OldestAge, _meter.Lag);

    private ISubscription? SubscriptionOrNull
    {
        get
        {
            lock (_lock)
            {
                return _subscribing is { IsCompletedSuccessfully: true } done ? done.GetAwaiter().GetResult() : null;
            }
        }
    }

    /// <summary>Begins to forward, and goes on through every loss on either side until the bridge is stopped.</summary>
    /// <param name="cancellationToken">Ends the waiting and the bridge.</param>
    /// <returns>A task that completes when the source broker delivers. The far side need not be reachable.</returns>
    /// <exception cref="InvalidOperationException">The bridge was started or stopped before.</exception>
    /// <exception cref="ObjectDisposedException">The source client was disposed.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        Task<ISubscription> subscribing;
        lock (_lock)
        {
            if (_subscribing is not null || _ending is not null)
            {
                throw new InvalidOperationException($"The bridge '{Name}' was started or stopped before.");
            }

            _instruments.Add(_meter);
            _subscribing = subscribing = _source.SubscribeAsync(_settings.Queue, _forwarder, _settings.Consumer, either.Token);
        }

        try
        {
            await subscribing.ConfigureAwait(false);
        }
        catch
        {
            _instruments.Remove(_meter);
            throw;
        }

        _logger.BridgeStarted(Name, _settings.Queue);
    }

    /// <summary>Takes nothing more from the source queue, waits for the far side's confirms for <see cref="MessageBridgeOptions.StopTimeout"/> and acknowledges them. The rest goes back to the queue.</summary>
    /// <param name="cancellationToken">Cuts the draining short.</param>
    /// <returns>A task that completes when the bridge has stopped. Calling it again waits for the same.</returns>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task ending;
        lock (_lock)
        {
            ending = _ending ??= EndAsync(_subscribing, cancellationToken);
        }

        await ending.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops the bridge as <see cref="StopAsync"/> does. Idempotent.</summary>
    /// <returns>A task that completes when the bridge has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose()
    {
        // A container that is disposed synchronously gives no other choice. Off the caller's context, so that it cannot deadlock.
        Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();
    }

    private async Task EndAsync(Task<ISubscription>? subscribing, CancellationToken hurry)
    {
        if (subscribing is null)
        {
            return;
        }

        // A subscription that the broker has not confirmed is given up; a living one would be, too, and would not drain.
        if (!subscribing.IsCompleted)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await ((Task)subscribing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (subscribing.IsCompletedSuccessfully)
        {
            ISubscription subscription = await subscribing.ConfigureAwait(false);
            try
            {
                await subscription.StopAsync(hurry).ConfigureAwait(false);
            }
            finally
            {
                _instruments.Remove(_meter);
            }

            _logger.BridgeStopped(Name, _meter.Forwarded, _meter.Refused, _meter.Loops);
        }
    }
}
