using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>basic.nack, reject, recover and losses: what comes back, and in which order.</summary>
public sealed class RedeliveryConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task What_a_closed_channel_left_unacked_comes_back_redelivered_at_its_old_place(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(4);
        IChannel channel = await bench.NewChannelAsync();
        for (int number = 0; number < 3; number++)
        {
            await channel.BasicGetAsync(queue, autoAck: false);
        }

        await channel.BasicAckAsync(2, multiple: false);
        await channel.CloseAsync();
        await bench.WaitForCountAsync(queue, 3);

        Assert.Equal([("0", true), ("2", true), ("3", false)], await bench.TakeAllAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task What_a_lost_connection_left_unacked_comes_back_redelivered(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("shared");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: false);
        await bench.PublishAsync("", queue, "0");
        await using (RawClient raw = await bench.OpenRawAsync())
        {
            await bench.WaitForCountAsync(queue, 1);
            await raw.SendMethodAsync(1, 60, 70, arguments => arguments.Short(0).ShortString(queue).Octet(0));
            await raw.ExpectAsync("60.71");
        }

        await bench.WaitForCountAsync(queue, 1);

        Assert.Equal([("0", true)], await bench.TakeAllAsync(queue));
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory]
    [BothBrokers("nack")]
    [BothBrokers("reject")]
    public async Task A_requeued_message_is_redelivered_at_its_old_place(string broker, string method)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(3);
        BasicGetResult result = (await bench.Channel.BasicGetAsync(queue, autoAck: false))!;

        await Bench.SettleAsync(bench.Channel, method, result.DeliveryTag, multiple: false, requeue: true);

        Assert.Equal([("0", true), ("1", false), ("2", false)], await bench.TakeAllAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Nack_multiple_requeues_everything_up_to_its_tag_in_order(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(4);
        for (int number = 0; number < 3; number++)
        {
            await bench.Channel.BasicGetAsync(queue, autoAck: false);
        }

        await bench.Channel.BasicNackAsync(2, multiple: true, requeue: true);

        Assert.Equal([("0", true), ("1", true), ("3", false)], await bench.TakeAllAsync(queue));
    }

    [Theory]
    [BothBrokers("nack")]
    [BothBrokers("reject")]
    public async Task A_message_refused_without_requeue_is_gone(string broker, string method)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(2);
        IChannel channel = await bench.GetAllAsync(queue, 1);

        await Bench.SettleAsync(channel, method, 1, multiple: false);
        await channel.CloseAsync();

        Assert.Equal([("1", false)], await bench.TakeAllAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Recover_redelivers_everything_unacked(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("shared");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: true);
        await bench.PublishAsync("", queue, "0");
        await bench.WaitForCountAsync(queue, 1);
        await using RawClient raw = await bench.OpenRawAsync();
        await raw.SendMethodAsync(1, 60, 20, arguments => arguments.Short(0).ShortString(queue).ShortString("tag").Octet(0).EmptyTable());
        await raw.ExpectAsync("60.21");
        Assert.False(await ReadDeliverAsync(raw));

        await raw.SendMethodAsync(1, 60, 110, static arguments => arguments.Octet(1));
        await raw.ExpectAsync("60.111");

        Assert.True(await ReadDeliverAsync(raw));
    }

    [Theory, BothBrokers]
    public async Task Recover_without_requeue_is_not_implemented(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 60, 110, static arguments => arguments.Octet(0));

        Assert.Equal(new RawClose(540, "NOT_IMPLEMENTED - requeue=false", 60, 110), await raw.ExpectCloseAsync());
    }

    private static async Task<bool> ReadDeliverAsync(RawClient raw)
    {
        RawFrame deliver = await raw.ExpectAsync("60.60");
        await raw.ExpectAsync("header");
        await raw.ExpectAsync("body");
        ArgumentReader arguments = deliver.Arguments;
        arguments.ShortString();
        arguments.LongLong();
        return arguments.Octet() != 0;
    }
}
