using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>connection.blocked. Alone, because an alarm stops every publisher of the broker.</summary>
[Collection(AloneGroup.Name)]
public sealed class BlockedConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task A_publisher_is_told_when_it_is_blocked_and_unblocked_and_its_message_waits(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IConnection publisher = await bench.ConnectAsync();
        IChannel channel = await publisher.CreateChannelAsync();
        var blocked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var unblocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        publisher.ConnectionBlockedAsync += (_, reason) =>
        {
            blocked.TrySetResult(reason.Reason);
            return Task.CompletedTask;
        };
        publisher.ConnectionUnblockedAsync += (_, _) =>
        {
            unblocked.TrySetResult();
            return Task.CompletedTask;
        };

        await bench.Broker.BlockAsync();
        await bench.Channel.QueueDeclarePassiveAsync(queue);
        await channel.BasicPublishAsync("amq.direct", "nowhere", "first"u8.ToArray());
        Assert.Equal("low on memory", await blocked.Task.WaitAsync(Bench.Patience));
        IChannel witness = await bench.Connection.CreateChannelAsync();
        await channel.BasicPublishAsync("", queue, "waits"u8.ToArray());
        await witness.QueueDeclarePassiveAsync(queue);
        Assert.Null(await bench.Channel.BasicGetAsync(queue, autoAck: true));
        await bench.Broker.UnblockAsync();

        await unblocked.Task.WaitAsync(Bench.Patience);
        Assert.Equal("waits", Bench.Text(await bench.GetAsync(queue)));
    }

    [Theory, BothBrokers]
    public async Task A_connection_that_only_consumes_is_not_blocked(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: true);
        await bench.PublishAsync("", queue, "m");
        IConnection consumer = await bench.ConnectAsync();
        IChannel channel = await consumer.CreateChannelAsync();

        await bench.Broker.BlockAsync();
        try
        {
            Recorder recorder = await bench.ConsumeAsync(queue, channel);
            Arrival arrival = await recorder.NextAsync();
            await channel.BasicAckAsync(arrival.DeliveryTag, multiple: false);
            await channel.QueueDeclarePassiveAsync(queue);
        }
        finally
        {
            await bench.Broker.UnblockAsync();
        }
    }
}
