using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Bounds, priorities, single active consumers and quorum queues.</summary>
public sealed class LimitConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task A_full_queue_drops_its_oldest_messages_and_acks_the_new_ones(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length", 2));
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        for (int number = 0; number < 4; number++)
        {
            await recorder.PublishAsync("", queue, $"{number}");
        }

        Assert.Equal(["ack", "ack", "ack", "ack"], await recorder.OutcomesAsync());
        Assert.Equal(["2", "3"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_full_queue_that_rejects_nacks_the_new_ones(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length", 2), ("x-overflow", "reject-publish"));
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        for (int number = 0; number < 4; number++)
        {
            await recorder.PublishAsync("", queue, $"{number}");
            await recorder.OutcomesAsync();
        }

        Assert.Equal(["ack", "ack", "nack", "nack"], await recorder.OutcomesAsync());
        Assert.Equal(["0", "1"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_bound_in_bytes_counts_bodies(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length-bytes", 10));

        foreach (string body in new[] { "12345", "67890", "x" })
        {
            await bench.PublishAsync("", queue, body);
        }

        Assert.Equal(["67890", "x"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Only_ready_messages_count_for_the_bound(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length", 1));
        await bench.PublishAsync("", queue, "held");
        BasicGetResult held = await bench.GetAsync(queue, autoAck: false);
        await bench.PublishAsync("", queue, "ready");
        await bench.WaitForCountAsync(queue, 1);

        await bench.Channel.BasicNackAsync(held.DeliveryTag, multiple: false, requeue: true);

        Assert.Equal(["ready"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_policy_bounds_like_an_argument_and_the_smaller_one_counts(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");
        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{queue}$", """{"max-length":1}""", "queues");
        await bench.QueueAsync("q", ("x-max-length", 3));

        for (int number = 0; number < 4; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        Assert.Equal(["3"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_policy_that_is_set_later_acts_on_queues_that_exist(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        for (int number = 0; number < 4; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        await bench.WaitForCountAsync(queue, 4);

        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{queue}$", """{"max-length":2}""", "queues");

        await bench.WaitForCountAsync(queue, 2);
        Assert.Equal(["2", "3"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Higher_priorities_come_first_and_the_queues_bound_caps_them(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-priority", 5));

        foreach ((string body, byte priority) in new[] { ("none", (byte)0), ("one", (byte)1), ("five", (byte)5), ("nine", (byte)9), ("one again", (byte)1) })
        {
            await bench.PublishAsync("", queue, body, properties => properties.Priority = priority);
        }

        await bench.WaitForCountAsync(queue, 5);
        Assert.Equal(["five", "nine", "one", "one again", "none"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Only_one_consumer_is_active_and_the_next_one_takes_over(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-single-active-consumer", true));
        IChannel channel = await bench.NewChannelAsync();
        Recorder first = await bench.ConsumeAsync(queue, channel);
        Recorder second = await bench.ConsumeAsync(queue);
        await bench.PublishAsync("", queue, "0");
        await bench.PublishAsync("", queue, "1");
        Assert.Equal(["0", "1"], await first.NextBodiesAsync(2));
        await second.AssertNothingMoreAsync(queue);

        await channel.CloseAsync();

        Assert.Equal(["0", "1"], await second.NextBodiesAsync(2));
    }

    [Theory, BothBrokers]
    public async Task A_single_active_consumer_queue_refuses_an_exclusive_consumer(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-single-active-consumer", true));

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicConsumeAsync(queue, autoAck: true, "", noLocal: false, exclusive: true, null, new Recorder(channel)));

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - queue '{queue}' in vhost '/' in exclusive use", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_quorum_queue_stores_confirms_and_delivers_in_order(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("quorum");
        await bench.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Bench.Table(("x-queue-type", "quorum")));
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());
        for (int number = 0; number < 20; number++)
        {
            await recorder.PublishAsync("", queue, $"{number}");
        }

        Assert.Equal(Enumerable.Repeat("ack", 20), await recorder.OutcomesAsync());
        Recorder consumer = await bench.ConsumeAsync(queue, autoAck: true);
        Arrival first = await consumer.NextAsync();
        Assert.Equal(("0", false), (first.Body, first.Properties.Headers?.ContainsKey("x-delivery-count") ?? false));
        Assert.Equal(Enumerable.Range(1, 19).Select(static number => $"{number}"), await consumer.NextBodiesAsync(19));
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task A_quorum_queue_refuses_a_global_prefetch(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("quorum");
        await bench.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Bench.Table(("x-queue-type", "quorum")));
        IConnection connection = await bench.ConnectAsync();
        Task<RabbitMQ.Client.Events.ShutdownEventArgs> closed = Bench.Closed(connection);
        IChannel channel = await connection.CreateChannelAsync();
        await channel.BasicQosAsync(0, 1, global: true);

        await Assert.ThrowsAnyAsync<Exception>(() => channel.BasicConsumeAsync(queue, autoAck: false, new Recorder(channel)));

        Assert.Equal(new Refusal(540, $"NOT_IMPLEMENTED - queue '{queue}' in vhost '/' does not support global qos", 60, 20), Refusal.From(await closed.WaitAsync(Bench.Patience)));
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task Without_a_limit_a_quorum_queue_delivers_again_and_counts(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("quorum");
        await bench.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Bench.Table(("x-queue-type", "quorum")));
        await bench.PublishAsync("", queue, "m");
        for (int delivery = 0; delivery < 25; delivery++)
        {
            BasicGetResult result = await bench.GetAsync(queue, autoAck: false);
            await bench.Channel.BasicNackAsync(result.DeliveryTag, multiple: false, requeue: true);
        }

        BasicGetResult last = await bench.GetAsync(queue);

        Assert.Equal(25L, last.BasicProperties.Headers!["x-delivery-count"]);
        await bench.Channel.QueueDeleteAsync(queue);
    }
}
