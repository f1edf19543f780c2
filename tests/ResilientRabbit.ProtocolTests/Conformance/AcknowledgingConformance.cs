using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>basic.get, ack, nack, reject, recover and what is redelivered.</summary>
public sealed class AcknowledgingConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Get_tells_where_the_message_came_from_and_how_many_are_left(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 3);

        BasicGetResult first = (await bench.Channel.BasicGetAsync(queue, autoAck: false))!;
        BasicGetResult second = (await bench.Channel.BasicGetAsync(queue, autoAck: false))!;

        Assert.Equal((1ul, false, "", queue, 2u, "0"), (first.DeliveryTag, first.Redelivered, first.Exchange, first.RoutingKey, first.MessageCount, Bench.Text(first)));
        Assert.Equal((2ul, 1u, "1"), (second.DeliveryTag, second.MessageCount, Bench.Text(second)));
    }

    [Theory, BothBrokers]
    public async Task Get_of_an_empty_queue_gets_nothing(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        Assert.Null(await bench.Channel.BasicGetAsync(queue, autoAck: true));
    }

    [Theory, BothBrokers]
    public async Task Get_of_a_missing_queue_closes_the_channel_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("missing");

        Assert.Equal(
            new Refusal(404, $"NOT_FOUND - no queue '{queue}' in vhost '/'", 60, 70),
            await bench.RefusedAsync(channel => channel.BasicGetAsync(queue, autoAck: true)));
    }

    [Theory, BothBrokers]
    public async Task An_acked_message_is_gone(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 1);
        IChannel channel = await bench.NewChannelAsync();

        BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: false))!;
        await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        await channel.CloseAsync();

        Assert.Equal(0u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task What_a_closed_channel_left_unacked_comes_back_redelivered_at_its_old_place(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 4);
        IChannel channel = await bench.NewChannelAsync();
        for (int number = 0; number < 3; number++)
        {
            await channel.BasicGetAsync(queue, autoAck: false);
        }

        await channel.BasicAckAsync(2, multiple: false);
        await channel.CloseAsync();
        await bench.WaitForCountAsync(queue, 3);

        Assert.Equal([("0", true), ("2", true), ("3", false)], await TakeAllAsync(bench, queue));
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

        Assert.Equal([("0", true)], await TakeAllAsync(bench, queue));
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task Ack_multiple_takes_everything_up_to_its_tag(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 4);
        IChannel channel = await GetAllAsync(bench, queue, 4);

        await channel.BasicAckAsync(3, multiple: true);
        await channel.CloseAsync();
        await bench.WaitForCountAsync(queue, 1);

        Assert.Equal([("3", true)], await TakeAllAsync(bench, queue));
    }

    [Theory, BothBrokers]
    public async Task Ack_multiple_of_tag_zero_takes_everything(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 3);
        IChannel channel = await GetAllAsync(bench, queue, 3);

        await channel.BasicAckAsync(0, multiple: true);
        await channel.CloseAsync();

        Assert.Equal(0u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Ack_multiple_of_tag_zero_is_fine_when_nothing_is_unacked(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        await bench.Channel.BasicAckAsync(0, multiple: true);
        await bench.QueueAsync();

        Assert.True(bench.Channel.IsOpen);
    }

    [Theory]
    [BothBrokers("ack", false, 80)]
    [BothBrokers("ack", true, 80)]
    [BothBrokers("nack", false, 120)]
    [BothBrokers("nack", true, 120)]
    [BothBrokers("reject", false, 90)]
    public async Task An_unknown_delivery_tag_closes_the_channel_with_406(string broker, string method, bool multiple, int methodId)
    {
        await using Bench bench = await OpenAsync(broker);

        Refusal refusal = await bench.RefusedAsync(channel => SettleAsync(channel, method, 99, multiple));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 99", 60, (ushort)methodId), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_second_ack_of_a_tag_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 1);

        Refusal refusal = await bench.RefusedAsync(async channel =>
        {
            BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: false))!;
            await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
            await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        });

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 1", 60, 80), refusal);
        Assert.Equal(0u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task An_ack_for_an_automatically_acked_message_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 1);

        Refusal refusal = await bench.RefusedAsync(async channel =>
        {
            BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: true))!;
            await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        });

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 1", 60, 80), refusal);
    }

    [Theory]
    [BothBrokers("nack")]
    [BothBrokers("reject")]
    public async Task A_requeued_message_is_redelivered_at_its_old_place(string broker, string method)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 3);
        BasicGetResult result = (await bench.Channel.BasicGetAsync(queue, autoAck: false))!;

        await SettleAsync(bench.Channel, method, result.DeliveryTag, multiple: false, requeue: true);

        Assert.Equal([("0", true), ("1", false), ("2", false)], await TakeAllAsync(bench, queue));
    }

    [Theory, BothBrokers]
    public async Task Nack_multiple_requeues_everything_up_to_its_tag_in_order(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 4);
        for (int number = 0; number < 3; number++)
        {
            await bench.Channel.BasicGetAsync(queue, autoAck: false);
        }

        await bench.Channel.BasicNackAsync(2, multiple: true, requeue: true);

        Assert.Equal([("0", true), ("1", true), ("3", false)], await TakeAllAsync(bench, queue));
    }

    [Theory]
    [BothBrokers("nack")]
    [BothBrokers("reject")]
    public async Task A_message_refused_without_requeue_is_gone(string broker, string method)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 2);
        IChannel channel = await GetAllAsync(bench, queue, 1);

        await SettleAsync(channel, method, 1, multiple: false);
        await channel.CloseAsync();

        Assert.Equal([("1", false)], await TakeAllAsync(bench, queue));
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

    [Theory, BothBrokers]
    public async Task Acks_belong_to_the_channel_of_the_delivery(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await FilledQueueAsync(bench, 1);
        BasicGetResult result = (await bench.Channel.BasicGetAsync(queue, autoAck: false))!;

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicAckAsync(result.DeliveryTag, multiple: false).AsTask());

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 1", 60, 80), refusal);
        Assert.True(bench.Channel.IsOpen);
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

    private static async Task<string> FilledQueueAsync(Bench bench, int count)
    {
        string queue = await bench.QueueAsync();
        for (int number = 0; number < count; number++)
        {
            await bench.PublishAsync("", queue, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        await bench.WaitForCountAsync(queue, (uint)count);
        return queue;
    }

    private static async Task<IChannel> GetAllAsync(Bench bench, string queue, int count)
    {
        IChannel channel = await bench.NewChannelAsync();
        for (int number = 0; number < count; number++)
        {
            Assert.NotNull(await channel.BasicGetAsync(queue, autoAck: false));
        }

        return channel;
    }

    private static async Task<List<(string Body, bool Redelivered)>> TakeAllAsync(Bench bench, string queue)
    {
        List<(string Body, bool Redelivered)> all = [];
        while (await bench.Channel.BasicGetAsync(queue, autoAck: true) is { } result)
        {
            all.Add((Bench.Text(result), result.Redelivered));
        }

        return all;
    }

    private static Task SettleAsync(IChannel channel, string method, ulong tag, bool multiple, bool requeue = false) => method switch
    {
        "ack" => channel.BasicAckAsync(tag, multiple).AsTask(),
        "nack" => channel.BasicNackAsync(tag, multiple, requeue).AsTask(),
        _ => channel.BasicRejectAsync(tag, requeue).AsTask(),
    };
}
