using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>basic.consume and cancel.</summary>
public sealed class ConsumingConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Deliveries_come_in_order_with_tags_from_one(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        for (int number = 0; number < 5; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        Recorder recorder = await bench.ConsumeAsync(queue);

        for (int number = 0; number < 5; number++)
        {
            Arrival arrival = await recorder.NextAsync();
            Assert.Equal((recorder.Tag, (ulong)number + 1, false, "", queue, $"{number}"), (arrival.ConsumerTag, arrival.DeliveryTag, arrival.Redelivered, arrival.Exchange, arrival.RoutingKey, arrival.Body));
        }
    }

    [Theory, BothBrokers]
    public async Task The_broker_names_a_consumer_that_has_no_tag(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        Recorder recorder = await bench.ConsumeAsync(queue);

        Assert.Matches("^amq\\.ctag-[A-Za-z0-9_-]{22}$", recorder.Tag);
    }

    [Theory, BothBrokers]
    public async Task A_consumer_tag_that_is_in_use_closes_the_connection_with_530(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IConnection connection = await bench.ConnectAsync();
        IChannel channel = await connection.CreateChannelAsync();
        string other = (await channel.QueueDeclareAsync()).QueueName;
        Task<ShutdownEventArgs> closed = Bench.Closed(connection);
        await channel.BasicConsumeAsync(other, autoAck: true, "twice", new Recorder(channel));

        await Assert.ThrowsAnyAsync<Exception>(() => channel.BasicConsumeAsync(other, autoAck: true, "twice", new Recorder(channel)));

        Assert.Equal(new Refusal(530, "NOT_ALLOWED - attempt to reuse consumer tag 'twice'", 60, 20), Refusal.From(await closed.WaitAsync(Bench.Patience)));
        Assert.NotNull(queue);
    }

    [Theory, BothBrokers]
    public async Task Consuming_from_a_missing_queue_closes_the_channel_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("missing");

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicConsumeAsync(queue, autoAck: true, new Recorder(channel)));

        Assert.Equal(new Refusal(404, $"NOT_FOUND - no queue '{queue}' in vhost '/'", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task The_empty_queue_name_means_the_last_declared_queue_of_the_channel(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "m");

        Recorder recorder = await bench.ConsumeAsync("");

        Assert.Equal(queue, (await recorder.NextAsync()).RoutingKey);
    }

    [Theory, BothBrokers]
    public async Task The_empty_queue_name_closes_a_channel_that_declared_none_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Refusal refusal = await bench.RefusedAsync(static channel => channel.BasicConsumeAsync("", autoAck: true, new Recorder(channel)));

        Assert.Equal(new Refusal(404, "NOT_FOUND - no previously declared queue", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task An_exclusive_consumer_keeps_others_away_with_403(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.Channel.BasicConsumeAsync(queue, autoAck: true, "", noLocal: false, exclusive: true, null, new Recorder(bench.Channel));

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicConsumeAsync(queue, autoAck: true, new Recorder(channel)));

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - queue '{queue}' in vhost '/' in exclusive use", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_queue_that_has_consumers_refuses_an_exclusive_one_with_403(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.ConsumeAsync(queue);

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicConsumeAsync(queue, autoAck: true, "", noLocal: false, exclusive: true, null, new Recorder(channel)));

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - queue '{queue}' in vhost '/' in exclusive use", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_canceled_consumer_gets_nothing_more_and_keeps_what_it_has(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "0");
        Recorder recorder = await bench.ConsumeAsync(queue);
        Arrival arrival = await recorder.NextAsync();

        await bench.Channel.BasicCancelAsync(recorder.Tag);
        await bench.PublishAsync("", queue, "1");

        await bench.WaitForCountAsync(queue, 1);
        Assert.Equal(0, recorder.Waiting);
        await bench.Channel.BasicNackAsync(arrival.DeliveryTag, multiple: false, requeue: true);
        Assert.Equal(["0", "1"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Canceling_an_unknown_consumer_is_answered(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 60, 30, static arguments => arguments.ShortString("nobody").Octet(0));

        Assert.Equal("nobody", (await raw.ExpectAsync("60.31")).Arguments.ShortString());
    }

    [Theory, BothBrokers]
    public async Task Deleting_the_queue_cancels_its_consumers(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        Recorder recorder = await bench.ConsumeAsync(queue);

        await bench.Channel.QueueDeleteAsync(queue);

        Assert.Equal(recorder.Tag, await recorder.Canceled.WaitAsync(Bench.Patience));
        Assert.True(bench.Channel.IsOpen);
    }

    [Theory, BothBrokers]
    public async Task Unacked_messages_of_a_lost_consumer_go_to_the_other_one_redelivered(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IChannel dying = await bench.NewChannelAsync();
        Recorder first = await bench.ConsumeAsync(queue, dying);
        await bench.PublishAsync("", queue, "0");
        await bench.PublishAsync("", queue, "1");
        await first.NextBodiesAsync(2);
        Recorder second = await bench.ConsumeAsync(queue);

        await dying.CloseAsync();

        Arrival[] again = [await second.NextAsync(), await second.NextAsync()];
        Assert.Equal([("0", true), ("1", true)], again.Select(static arrival => (arrival.Body, arrival.Redelivered)));
    }

    [Theory, BothBrokers]
    public async Task The_consumer_count_of_a_declare_is_the_number_of_consumers(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.ConsumeAsync(queue);
        await bench.ConsumeAsync(queue);

        Assert.Equal(2u, (await bench.Channel.QueueDeclarePassiveAsync(queue)).ConsumerCount);
        Assert.Equal(2u, await bench.Channel.ConsumerCountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task NoLocal_is_ignored(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        var recorder = new Recorder(bench.Channel);
        await bench.Channel.BasicConsumeAsync(queue, autoAck: true, "", noLocal: true, exclusive: false, null, recorder);

        await bench.PublishAsync("", queue, "mine");

        Assert.Equal("mine", (await recorder.NextAsync()).Body);
    }

    [Theory, BothBrokers]
    public async Task A_nowait_consume_is_not_answered(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("shared");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: true);
        await bench.PublishAsync("", queue, "m");
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 60, 20, arguments => arguments.Short(0).ShortString(queue).ShortString("tag").Octet(0b1000).EmptyTable());

        Assert.Equal("tag", (await raw.ExpectAsync("60.60")).Arguments.ShortString());
    }
}
