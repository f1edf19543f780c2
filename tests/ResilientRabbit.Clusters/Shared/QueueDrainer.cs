using System.Threading.Channels;
using RabbitMQ.Client;

namespace ResilientRabbit.Clusters;

/// <summary>
/// Empties a queue through one consumer: basic.get alone costs a round trip per message. The end is when nothing arrives any
/// more and basic.get, after the consumer was cancelled, finds the queue empty.
/// </summary>
internal sealed class QueueDrainer(IChannel channel, string queue)
{
    private const ushort Prefetch = 4000;
    private const int AckEvery = 1000;
    private const int ManyGets = 100;
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(150);

    private readonly List<DrainedMessage> _messages = [];
    private ulong _lastTag;

    /// <summary>What has been taken so far, also when <see cref="RunAsync"/> failed on the way: much of it may be acknowledged by then.</summary>
    public IReadOnlyList<DrainedMessage> Messages => _messages;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await channel.MessageCountAsync(queue, cancellationToken) > 0)
        {
            await ConsumeAsync(cancellationToken);
        }

        int fetched = 0;
        while (await channel.BasicGetAsync(queue, autoAck: false, cancellationToken) is { } result)
        {
            _lastTag = result.DeliveryTag;
            _messages.Add(Copy(result.Exchange, result.RoutingKey, result.Redelivered, result.BasicProperties, result.Body));
            if (++fetched % ManyGets == 0)
            {
                // The count was out of date, as a quorum queue's may be: it said 0 of 130,000, and RabbitMQ 3.10 needs longer for each unsettled basic.get.
                await AckAsync(cancellationToken);
                await ConsumeAsync(cancellationToken);
            }
        }

        await AckAsync(cancellationToken);

        // A round trip behind the ack: the broker has applied it when this returns.
        await channel.QueueDeclarePassiveAsync(queue, cancellationToken);
    }

    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        var arrivals = Channel.CreateUnbounded<(ulong Tag, DrainedMessage Message)>();
        await channel.BasicQosAsync(prefetchSize: 0, Prefetch, global: false, cancellationToken);
        var consumer = new DrainConsumer(channel, arrivals.Writer);
        var tag = await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken);

        var reader = arrivals.Reader;
        while (await HasMoreAsync(reader, cancellationToken))
        {
            await TakeAsync(reader, cancellationToken);
        }

        // Deliveries that were on their way are handed over before the cancellation is.
        await channel.BasicCancelAsync(tag, noWait: false, cancellationToken);
        await consumer.Cancelled.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
        await TakeAsync(reader, cancellationToken);
        await AckAsync(cancellationToken);
    }

    private async Task TakeAsync(ChannelReader<(ulong Tag, DrainedMessage Message)> reader, CancellationToken cancellationToken)
    {
        var unacked = 0;
        while (reader.TryRead(out var arrival))
        {
            _lastTag = arrival.Tag;
            _messages.Add(arrival.Message);
            if (++unacked == AckEvery)
            {
                unacked = 0;
                await AckAsync(cancellationToken);
            }
        }
    }

    private async Task<bool> HasMoreAsync(ChannelReader<(ulong Tag, DrainedMessage Message)> reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            quiet.CancelAfter(QuietTime);
            try
            {
                return await reader.WaitToReadAsync(quiet.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                await AckAsync(cancellationToken);
                if (await channel.MessageCountAsync(queue, cancellationToken) == 0 && reader.Count == 0)
                {
                    return false;
                }
            }
        }
    }

    private async Task AckAsync(CancellationToken cancellationToken)
    {
        if (_lastTag > 0)
        {
            await channel.BasicAckAsync(_lastTag, multiple: true, cancellationToken);
            _lastTag = 0;
        }
    }

    private static DrainedMessage Copy(string exchange, string routingKey, bool redelivered, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body) => new()
    {
        Exchange = exchange,
        RoutingKey = routingKey,
        Redelivered = redelivered,
        MessageId = properties.IsMessageIdPresent() ? properties.MessageId : null,
        Headers = properties.Headers is { } headers ? new Dictionary<string, object?>(headers, StringComparer.Ordinal) : new Dictionary<string, object?>(StringComparer.Ordinal),
        Body = body.ToArray(),
    };

    private sealed class DrainConsumer(IChannel channel, ChannelWriter<(ulong Tag, DrainedMessage Message)> writer) : AsyncDefaultBasicConsumer(channel)
    {
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Cancelled => _cancelled.Task;

        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            writer.TryWrite((deliveryTag, Copy(exchange, routingKey, redelivered, properties, body)));

            return Task.CompletedTask;
        }

        public override Task HandleChannelShutdownAsync(object channel, RabbitMQ.Client.Events.ShutdownEventArgs reason)
        {
            writer.TryComplete(new InvalidOperationException($"The channel was closed while it drained: {reason}"));

            return base.HandleChannelShutdownAsync(channel, reason);
        }

        protected override Task OnCancelAsync(string[] consumerTags, CancellationToken cancellationToken = default)
        {
            _cancelled.TrySetResult();
            writer.TryComplete(new InvalidOperationException("The broker cancelled the consumer while it drained."));

            return base.OnCancelAsync(consumerTags, cancellationToken);
        }
    }
}
