using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>queue.declare, purge and delete.</summary>
public sealed class QueueConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Declare_tells_name_messages_and_consumers(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "m");
        await bench.WaitForCountAsync(queue, 1);

        QueueDeclareOk again = await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: false);

        Assert.Equal((queue, 1u, 0u), (again.QueueName, again.MessageCount, again.ConsumerCount));
    }

    [Theory, BothBrokers]
    public async Task The_broker_names_a_queue_that_has_no_name(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        QueueDeclareOk first = await bench.Channel.QueueDeclareAsync();
        QueueDeclareOk second = await bench.Channel.QueueDeclareAsync();

        Assert.Matches("^amq\\.gen-[A-Za-z0-9_-]{22}$", first.QueueName);
        Assert.NotEqual(first.QueueName, second.QueueName);
    }

    [Theory, BothBrokers]
    public async Task A_passive_declare_finds_a_queue_whatever_its_arguments(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length", 10));

        Assert.Equal(queue, (await bench.Channel.QueueDeclarePassiveAsync(queue)).QueueName);
    }

    [Theory, BothBrokers]
    public async Task A_passive_declare_of_a_missing_queue_closes_the_channel_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("missing");

        Assert.Equal(new Refusal(404, $"NOT_FOUND - no queue '{queue}' in vhost '/'", 50, 10), await bench.RefusedAsync(channel => channel.QueueDeclarePassiveAsync(queue)));
    }

    [Theory, BothBrokers]
    public async Task Names_that_begin_with_amq_are_reserved(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Assert.Equal(
            new Refusal(403, "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'", 50, 10),
            await bench.RefusedAsync(static channel => channel.QueueDeclareAsync("amq.mine")));
    }

    [Theory]
    [BothBrokers("declare", 50, 10)]
    [BothBrokers("passive", 50, 10)]
    [BothBrokers("bind", 50, 20)]
    [BothBrokers("consume", 60, 20)]
    [BothBrokers("get", 60, 70)]
    [BothBrokers("purge", 50, 30)]
    [BothBrokers("delete", 50, 40)]
    public async Task An_exclusive_queue_is_locked_for_other_connections(string broker, string operation, int classId, int methodId)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IConnection other = await bench.ConnectAsync();

        Refusal refusal = await bench.RefusedAsync(
            channel => operation switch
            {
                "declare" => channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: false),
                "passive" => channel.QueueDeclarePassiveAsync(queue),
                "bind" => channel.QueueBindAsync(queue, "amq.direct", "a"),
                "consume" => channel.BasicConsumeAsync(queue, autoAck: true, new Recorder(channel)),
                "get" => channel.BasicGetAsync(queue, autoAck: true),
                "purge" => channel.QueuePurgeAsync(queue),
                _ => channel.QueueDeleteAsync(queue),
            },
            other);

        Assert.Equal(
            new Refusal(
                405,
                $"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}' in vhost '/'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.",
                (ushort)classId, (ushort)methodId),
            refusal);
    }

    [Theory, BothBrokers]
    public async Task Declaring_a_shared_queue_as_exclusive_is_405(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: false);

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: false));

        Assert.Equal(
            new Refusal(
                405,
                $"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}' in vhost '/'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.",
                50, 10),
            refusal);
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task An_exclusive_queue_ends_with_its_connection(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        IConnection owner = await bench.ConnectAsync();
        await using (IChannel channel = await owner.CreateChannelAsync())
        {
            await channel.QueueDeclareAsync(bench.Name("q"), durable: false, exclusive: true, autoDelete: false);
        }

        await owner.CloseAsync();

        Assert.Equal(404, (await bench.RefusedAsync(channel => channel.QueueDeclarePassiveAsync(bench.Name("q")))).Code);
    }

    [Theory, BothBrokers]
    public async Task An_auto_delete_queue_ends_with_its_last_consumer_and_not_before_its_first(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: true);
        await bench.CountAsync(queue);
        Recorder first = await bench.ConsumeAsync(queue);
        Recorder second = await bench.ConsumeAsync(queue);
        await bench.Channel.BasicCancelAsync(first.Tag);
        await bench.CountAsync(queue);

        await bench.Channel.BasicCancelAsync(second.Tag);

        Assert.Equal(404, (await bench.RefusedAsync(channel => channel.QueueDeclarePassiveAsync(queue))).Code);
    }

    [Theory, BothBrokers]
    public async Task Purge_counts_what_it_took_and_leaves_the_unacked(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        for (int number = 0; number < 3; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        BasicGetResult held = await bench.GetAsync(queue, autoAck: false);

        Assert.Equal(2u, await bench.Channel.QueuePurgeAsync(queue));
        await bench.Channel.BasicNackAsync(held.DeliveryTag, multiple: false, requeue: true);
        Assert.Equal(["0"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Purging_a_missing_queue_closes_the_channel_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("missing");

        Assert.Equal(new Refusal(404, $"NOT_FOUND - no queue '{queue}' in vhost '/'", 50, 30), await bench.RefusedAsync(channel => channel.QueuePurgeAsync(queue)));
    }

    [Theory, BothBrokers]
    public async Task Delete_counts_what_was_in_the_queue(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "m");
        await bench.WaitForCountAsync(queue, 1);

        Assert.Equal(1u, await bench.Channel.QueueDeleteAsync(queue));
        Assert.Equal(0u, await bench.Channel.QueueDeleteAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_queue_in_use_or_not_empty_is_kept_on_condition(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "m");
        await bench.WaitForCountAsync(queue, 1);

        Assert.Equal(
            new Refusal(406, $"PRECONDITION_FAILED - queue '{queue}' in vhost '/' not empty", 50, 40),
            await bench.RefusedAsync(channel => channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: true)));
        Recorder consumer = await bench.ConsumeAsync(queue, autoAck: true);
        Assert.Equal(
            new Refusal(406, $"PRECONDITION_FAILED - queue '{queue}' in vhost '/' in use", 50, 40),
            await bench.RefusedAsync(channel => channel.QueueDeleteAsync(queue, ifUnused: true, ifEmpty: false)));
        await consumer.NextAsync();
        await bench.Channel.BasicCancelAsync(consumer.Tag);
        Assert.Equal(0u, await bench.Channel.QueueDeleteAsync(queue, ifUnused: true, ifEmpty: true));
    }

    [Theory, BothBrokers]
    public async Task A_name_of_255_bytes_works(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name(new string('q', 244));
        Assert.Equal(255, queue.Length);

        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: false);
        await bench.PublishAsync("", queue, "m");

        Assert.Equal(["m"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_queue_expires_when_nobody_uses_it(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-expires", 200));

        // Any question about the queue would count as use and keep it: its exclusive exchange, bound to it alone, tells instead.
        string exchange = await bench.ExchangeAsync("direct");
        await bench.Channel.QueueBindAsync(queue, exchange, "a");

        await Bench.UntilAsync(async () => await IsMissingAsync(bench, exchange), "the end of the queue");
        Assert.Equal(404, (await bench.RefusedAsync(channel => channel.QueueDeclarePassiveAsync(queue))).Code);
    }

    private static async Task<bool> IsMissingAsync(Bench bench, string exchange)
    {
        await using IChannel channel = await bench.NewChannelAsync();
        try
        {
            await channel.ExchangeDeclarePassiveAsync(exchange);
            return false;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return true;
        }
    }
}
