using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>basic.get and ack: what is acknowledged is gone, and an unknown tag ends the channel.</summary>
public sealed class AcknowledgingConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Get_tells_where_the_message_came_from_and_how_many_are_left(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(3);

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
        string queue = await bench.FilledQueueAsync(1);
        IChannel channel = await bench.NewChannelAsync();

        BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: false))!;
        await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        await channel.CloseAsync();

        Assert.Equal(0u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Ack_multiple_takes_everything_up_to_its_tag(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(4);
        IChannel channel = await bench.GetAllAsync(queue, 4);

        await channel.BasicAckAsync(3, multiple: true);
        await channel.CloseAsync();
        await bench.WaitForCountAsync(queue, 1);

        Assert.Equal([("3", true)], await bench.TakeAllAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Ack_multiple_of_tag_zero_takes_everything(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(3);
        IChannel channel = await bench.GetAllAsync(queue, 3);

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

        Refusal refusal = await bench.RefusedAsync(channel => Bench.SettleAsync(channel, method, 99, multiple));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 99", 60, (ushort)methodId), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_second_ack_of_a_tag_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(1);

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
        string queue = await bench.FilledQueueAsync(1);

        Refusal refusal = await bench.RefusedAsync(async channel =>
        {
            BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: true))!;
            await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        });

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 1", 60, 80), refusal);
    }

    [Theory, BothBrokers]
    public async Task Acks_belong_to_the_channel_of_the_delivery(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.FilledQueueAsync(1);
        BasicGetResult result = (await bench.Channel.BasicGetAsync(queue, autoAck: false))!;

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicAckAsync(result.DeliveryTag, multiple: false).AsTask());

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - unknown delivery tag 1", 60, 80), refusal);
        Assert.True(bench.Channel.IsOpen);
    }
}
