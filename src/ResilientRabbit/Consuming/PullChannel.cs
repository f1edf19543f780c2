using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>The channel of one pulled message, from <c>basic.get</c> to its settlement. A channel for each: the loss or the refusal of one touches no other.</summary>
internal sealed class PullChannel : IAckChannel, IDeliveryOrigin
{
    private readonly ConnectionEpoch _epoch;
    private readonly IChannel _channel;
    private readonly PullRequest _request;
    private readonly ConsumerSettings _settings;
    private readonly SubscriptionServices _services;
    private readonly SubscriptionCounters _counters = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _epochWatch;

    public PullChannel(ConnectionEpoch epoch, IChannel channel, PullRequest request, in IncomingDelivery incoming, ConsumerSettings settings, SubscriptionServices services)
    {
        _epoch = epoch;
        _channel = channel;
        _request = request;
        _settings = settings;
        _services = services;
        Token = _gone.Token;
        Acks = new AckBatcher(this, 1, TimeSpan.Zero, _counters, services.Logger, services.Time);
        var message = new ReceivedMessage(incoming.Buffer.AsMemory(0, incoming.BodyLength), incoming.Properties.Span, incoming.IsReadable)
        {
            Queue = settings.Queue,
            Exchange = incoming.Exchange,
            RoutingKey = incoming.RoutingKey,
            Redelivered = incoming.Redelivered,
        };
        Delivery = new Delivery(incoming.Tag, this, message, incoming.Buffer) { TooLarge = incoming.TooLarge };
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

    /// <summary>Whether it was settled without the application.</summary>
    public bool IsPutAside { get; private set; }

    /// <summary>Settles the message and gives the channel up.</summary>
    /// <param name="settlement">What shall become of it.</param>
    /// <param name="error">Why, for the reason on a copy.</param>
    /// <returns>True when that was done.</returns>
    public async Task<bool> SettleAsync(Settlement settlement, Exception? error = null)
    {
        if (settlement is Settlement.Retry or Settlement.DeadLetter)
        {
            // A subscription declares these queues when it starts; here it is not known before whether they are needed, nor when they are not any more. The publisher waits for the declaration.
            _services.Topology.RegisterOwn(RetryTopology.Of(_settings, _services.Topology));
        }

        var executor = new SettlementExecutor(_services.Publisher, _settings, _counters, _services.Logger, _services.Time) { Repeats = _services.Repeats };
        await executor.SettleAsync(Delivery, settlement, error).ConfigureAwait(false);
        await _finished.Task.ConfigureAwait(false);
        bool isDone = settlement == Settlement.Requeue ? _counters.Requeued > 0 : _counters.Acknowledged > 0 || _counters.DeadLettered > 0;
        await GiveUpAsync().ConfigureAwait(false);
        IsPutAside = isDone;
        return isDone;
    }

    /// <summary>Rejects a message that cannot be settled otherwise, and gives the channel up.</summary>
    /// <returns>False when it was not sent.</returns>
    public async Task<bool> RejectAsync()
    {
        bool isSent = await Acks.RejectAsync(Delivery).ConfigureAwait(false);
        Delivery.Release();
        await GiveUpAsync().ConfigureAwait(false);
        IsPutAside = isSent;
        return isSent;
    }

    /// <summary>Gives the channel up: the broker requeues what is unsettled.</summary>
    public async Task GiveUpAsync()
    {
        End();
        _request.Detach();
        await _epochWatch.DisposeAsync().ConfigureAwait(false);
        _epoch.Retire(_channel);
    }

    // The channel's own token would cut the frame off when the channel is given up right behind it; the session's does not.
    public ValueTask AckAsync(ulong deliveryTag, bool multiple) => _channel.BasicAckAsync(deliveryTag, multiple, _epoch.Dead);

    public ValueTask ReturnAsync(ulong deliveryTag, bool requeue) => _channel.BasicNackAsync(deliveryTag, multiple: false, requeue, _epoch.Dead);

    public bool TryBegin() => !Token.IsCancellationRequested;

    public void Finish() => _finished.TrySetResult();

    private void End()
    {
        Acks.Close();
        _ = SessionTidying.CancelAsync(_gone, _services.Logger);
    }
}
