using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>The channel of one pulled message, from <c>basic.get</c> to its settlement. A channel for each: the loss or the refusal of one touches no other.</summary>
internal sealed class PullChannel : IAckChannel, IDeliveryOrigin
{
    private readonly ConnectionEpoch _epoch;
    private readonly IChannel _channel;
    private readonly ConsumerSettings _settings;
    private readonly SubscriptionServices _services;
    private readonly SubscriptionCounters _counters = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _epochWatch;

    public PullChannel(ConnectionEpoch epoch, IChannel channel, BasicGetResult result, ConsumerSettings settings, SubscriptionServices services)
    {
        _epoch = epoch;
        _channel = channel;
        _settings = settings;
        _services = services;
        Token = _gone.Token;
        Acks = new AckBatcher(this, 1, TimeSpan.Zero, _counters, services.Logger, services.Time);
        var message = new ReceivedMessage(result.Body, result.BasicProperties)
        {
            Queue = settings.Queue,
            Exchange = result.Exchange,
            RoutingKey = result.RoutingKey,
            Redelivered = result.Redelivered,
        };
        Delivery = new Delivery(result.DeliveryTag, this, message, buffer: null);
        Acks.Track(Delivery);
        channel.ChannelShutdownAsync += (_, _) =>
        {
            End();
            return Task.CompletedTask;
        };
        _epochWatch = epoch.Dead.Register(static state => ((PullChannel)state!).End(), this);
    }

    public Delivery Delivery { get; }

    public CancellationToken Token { get; }

    public AckBatcher Acks { get; }

    /// <summary>Settles the message and gives the channel up.</summary>
    /// <returns>True when that was done.</returns>
    public async Task<bool> SettleAsync(Settlement settlement)
    {
        if (settlement is Settlement.Retry or Settlement.DeadLetter)
        {
            // A subscription declares these queues when it starts; here it is not known before whether they are needed. The publisher waits for the declaration.
            _services.Topology.Register(RetryTopology.Of(_settings, _services.Topology));
        }

        var executor = new SettlementExecutor(_services.Publisher, _settings, _counters, _services.Logger, _services.Time);
        await executor.SettleAsync(Delivery, settlement, error: null).ConfigureAwait(false);
        await _finished.Task.ConfigureAwait(false);
        bool isDone = settlement == Settlement.Requeue ? _counters.Requeued > 0 : _counters.Acknowledged > 0 || _counters.DeadLettered > 0;
        End();
        await _epochWatch.DisposeAsync().ConfigureAwait(false);
        _epoch.Retire(_channel);
        return isDone;
    }

    // The channel's own token would cut the frame off when the channel is given up right behind it; the session's does not.
    public ValueTask AckAsync(ulong deliveryTag, bool multiple) => _channel.BasicAckAsync(deliveryTag, multiple, _epoch.Dead);

    public ValueTask ReturnAsync(ulong deliveryTag, bool requeue) => _channel.BasicNackAsync(deliveryTag, multiple: false, requeue, _epoch.Dead);

    public bool TryBegin() => !Token.IsCancellationRequested;

    public void Finish() => _finished.TrySetResult();

    private void End()
    {
        Acks.Close();
        _ = _gone.CancelAsync();
    }
}
