using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>
/// One incarnation of a subscription: one channel with one consumer, from <c>basic.consume</c> to its end. Never reused. The driver opens and closes the channel and
/// tells of its end; deliveries come and acknowledgements go past the driver.
/// </summary>
internal sealed class ConsumerChannel : IAsyncBasicConsumer, IDeliveryOrigin, IWatchedChannel, IDisposable
{
    private readonly ConnectionEpoch _epoch;
    private readonly IChannel _channel;
    private readonly ConsumerSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _dead = new();
    private readonly TaskCompletionSource<ConsumerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly DeliveryIntake _intake;
    private readonly DeliveryRoute _route;
    private CancellationTokenRegistration _epochWatch;
    private int _running;
    private volatile bool _isDraining;

    public ConsumerChannel(
        ConnectionEpoch epoch, IChannel channel, ConsumerSettings settings, SubscriptionCounters counters, DeliveryQueue deliveries, ILogger logger, TimeProvider time)
    {
        _epoch = epoch;
        _channel = channel;
        _settings = settings;
        _logger = logger;
        _time = time;
        Token = _dead.Token;
        ConsumerTag = settings.ConsumerTag ?? "ctag-" + Guid.NewGuid().ToString("N");
        _intake = new DeliveryIntake(this, settings, ConsumerTag, counters, deliveries, text => End(new ConsumerEnd(ConsumerEndReason.ChannelClosed, text)));

        // Before the handler is added, which the driver calls here and now on a channel that is closed already.
        Acks = new AckBatcher(new SettlementSender(epoch.Stream.Sender, channel.ChannelNumber), settings.Prefetch, settings.AckDelay, counters, logger, time);
        _route = epoch.Stream.Incoming.Divert(channel.ChannelNumber, _intake);
        channel.ChannelShutdownAsync += (_, reason) => EndAsync(ConsumerEndReason.ChannelClosed, reason);
        _epochWatch = epoch.Dead.Register(static state => ((ConsumerChannel)state!).End(new ConsumerEnd(ConsumerEndReason.SessionLost, "The connection was lost.")), this);
    }

    /// <summary>Completes with the reason when nothing can be received or settled here any more.</summary>
    public Task<ConsumerEnd> Ended => _ended.Task;

    public CancellationToken Token { get; }

    public AckBatcher Acks { get; }

    /// <summary>Made here, so that deliveries can be told from those for others before the consumer is confirmed.</summary>
    public string ConsumerTag { get; }

    /// <summary>What the broker calls its version.</summary>
    public string? BrokerVersion => _epoch.BrokerVersion;

    public int Gathered => Acks.Gathered;

    public bool HasWaiting => _intake.HasWaiting;

    IChannel? IAsyncBasicConsumer.Channel => _channel;

    /// <summary>Sets the prefetch: something that the node does by itself.</summary>
    public Task SetPrefetchAsync(CancellationToken cancellationToken) => _channel.BasicQosAsync(0, _settings.Prefetch, global: false, cancellationToken);

    /// <summary>Subscribes.</summary>
    public async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        await _channel.BasicConsumeAsync(
            _settings.Queue,
            autoAck: false,
            ConsumerTag,
            noLocal: false,
            _settings.Exclusive,
            new Dictionary<string, object?>(_settings.Arguments, StringComparer.Ordinal),
            this,
            cancellationToken).ConfigureAwait(false);
        _intake.Open();
    }

    /// <summary>Asks the broker what it thinks of the queue, on a channel of its own: a refusal would close this one. The end of this one ends the question: nobody is to wait for it then.</summary>
    public async Task<QueueLook> InspectQueueAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Token, cancellationToken);
        long asked = _time.GetTimestamp();
        IChannel probe = await _epoch.OpenChannelAsync(new CreateChannelOptions(false, false), either.Token).ConfigureAwait(false);
        TimeSpan nodeTook = _time.GetElapsedTime(asked);
        try
        {
            probe.ContinuationTimeout = limit;
            return new QueueLook(await probe.QueueDeclarePassiveAsync(_settings.Queue, either.Token).ConfigureAwait(false), nodeTook);
        }
        finally
        {
            _epoch.Retire(probe);
        }
    }

    public bool TryBegin()
    {
        lock (_lock)
        {
            if (_isDraining || _ended.Task.IsCompleted)
            {
                return false;
            }

            _running++;
            return true;
        }
    }

    public void Finish()
    {
        lock (_lock)
        {
            if (--_running == 0 && _isDraining)
            {
                _idle.TrySetResult();
            }
        }
    }

    /// <summary>Hands out nothing more.</summary>
    /// <returns>A task that completes when every claimed delivery is finished.</returns>
    public Task BeginDraining()
    {
        lock (_lock)
        {
            _isDraining = true;
            _intake.Close();
            if (_running == 0)
            {
                _idle.TrySetResult();
            }

            return _idle.Task;
        }
    }

    /// <summary>Cancels the consumer at the broker.</summary>
    /// <returns>True when it answered in time.</returns>
    public Task<bool> TryCancelConsumerAsync(TimeSpan limit) => TryAsync(_channel.BasicCancelAsync(ConsumerTag, noWait: false, Token), limit);

    /// <summary>Sends the gathered acknowledgements and waits for an answer to a request behind them: then the broker has read them.</summary>
    public Task FlushAsync(TimeSpan limit, bool awaitBroker) => TryAsync(FlushAsync(awaitBroker), limit);

    /// <summary>Cancels the handlers.</summary>
    public void CancelHandlers() => _ = SessionTidying.CancelAsync(_dead, _logger);

    /// <summary>Ends this incarnation and closes its channel in the background: the broker requeues what is unsettled.</summary>
    public void Retire(ConsumerEnd end)
    {
        End(end);
        _epochWatch.Unregister();
        _route.Detach();
        _epoch.Retire(_channel);
    }

    public Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        // Deliveries do not come this way.
        End(new ConsumerEnd(ConsumerEndReason.ChannelClosed, FormattableString.Invariant($"Delivery {deliveryTag} came out of turn.")));
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        // What the handlers have acknowledged so far still counts; then the channel goes, because 4.3 waits for a cancel-ok that the driver does not send.
        return EndAfterFlushAsync();
    }

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => EndAsync(ConsumerEndReason.ChannelClosed, reason);

    public void Dispose() => Retire(new ConsumerEnd(ConsumerEndReason.Retired, "Ended by the application."));

    private async Task FlushAsync(bool awaitBroker)
    {
        await Acks.FlushAsync().ConfigureAwait(false);
        if (awaitBroker)
        {
            await _channel.BasicQosAsync(0, _settings.Prefetch, global: false, Token).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryAsync(Task step, TimeSpan limit)
    {
        // What comes after the limit concerns nobody, and must not surface as an unobserved exception.
        _ = step.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await step.WaitAsync(limit, _time, Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            // The channel is retired next, whatever became of it.
            return false;
        }
    }

    private async Task EndAfterFlushAsync()
    {
        await Acks.FlushAsync().ConfigureAwait(false);
        End(new ConsumerEnd(ConsumerEndReason.CancelledByBroker, "The broker cancelled the consumer."));
    }

    private Task EndAsync(ConsumerEndReason reason, ShutdownEventArgs shutdown)
    {
        // The driver ends the channels of a lost connection one by one: what was lost is the connection.
        reason = _epoch.IsDead ? ConsumerEndReason.SessionLost : reason;
        End(new ConsumerEnd(reason, FormattableString.Invariant($"{shutdown.ReplyCode} {PeerText.Sanitize(shutdown.ReplyText)}"), shutdown.ReplyCode));
        return Task.CompletedTask;
    }

    private void End(ConsumerEnd end)
    {
        if (_ended.TrySetResult(end))
        {
            _intake.Close();
            Acks.Close();
            CancelHandlers();
        }
    }
}
