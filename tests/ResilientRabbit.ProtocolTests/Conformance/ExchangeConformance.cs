using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>exchange.declare and delete, bindings to what is missing, and what is refused.</summary>
public sealed class ExchangeConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory]
    [BothBrokers("amq.direct", "direct")]
    [BothBrokers("amq.fanout", "fanout")]
    [BothBrokers("amq.topic", "topic")]
    [BothBrokers("amq.headers", "headers")]
    [BothBrokers("amq.match", "headers")]
    public async Task Standard_exchanges_are_there_and_may_be_declared_as_they_are(string broker, string exchange, string type)
    {
        await using Bench bench = await OpenAsync(broker);

        await bench.Channel.ExchangeDeclarePassiveAsync(exchange);
        await bench.Channel.ExchangeDeclareAsync(exchange, type, durable: true);

        Assert.True(bench.Channel.IsOpen);
    }

    [Theory, BothBrokers]
    public async Task A_missing_exchange_is_404_for_a_passive_declare(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = bench.Name("missing");

        Refusal refusal = await bench.RefusedAsync(channel => channel.ExchangeDeclarePassiveAsync(exchange));

        Assert.Equal(new Refusal(404, $"NOT_FOUND - no exchange '{exchange}' in vhost '/'", 40, 10), refusal);
    }

    [Theory]
    [BothBrokers("type", "inequivalent arg 'type' for exchange '{0}' in vhost '/': received 'fanout' but current is 'direct'")]
    [BothBrokers("durable", "inequivalent arg 'durable' for exchange '{0}' in vhost '/': received 'true' but current is 'false'")]
    [BothBrokers("auto_delete", "inequivalent arg 'auto_delete' for exchange '{0}' in vhost '/': received 'false' but current is 'true'")]
    [BothBrokers("alternate", "inequivalent arg 'alternate-exchange' for exchange '{0}' in vhost '/': received the value 'other' of type 'longstr' but current is none")]
    public async Task Declaring_an_exchange_differently_closes_the_channel_with_406(string broker, string difference, string text)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");

        Refusal refusal = await bench.RefusedAsync(channel => channel.ExchangeDeclareAsync(
            exchange, difference is "type" ? "fanout" : "direct", difference is "durable", difference is not "auto_delete",
            difference is "alternate" ? Bench.Table(("alternate-exchange", "other")) : null));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - " + string.Format(System.Globalization.CultureInfo.InvariantCulture, text, exchange), 40, 10), refusal);
    }

    [Theory, BothBrokers]
    public async Task An_unknown_exchange_type_closes_the_connection_with_503(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        IConnection connection = await bench.ConnectAsync();
        Task<ShutdownEventArgs> closed = Bench.Closed(connection);
        IChannel channel = await connection.CreateChannelAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => channel.ExchangeDeclareAsync(bench.Name("x"), "no-such-type"));

        Assert.Equal(new Refusal(503, "COMMAND_INVALID - unknown exchange type 'no-such-type'", 40, 10), Refusal.From(await closed.WaitAsync(Bench.Patience)));
    }

    [Theory, BothBrokers]
    public async Task Names_that_begin_with_amq_are_reserved(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Assert.Equal(
            new Refusal(403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'", 40, 10),
            await bench.RefusedAsync(static channel => channel.ExchangeDeclareAsync("amq.mine", "direct")));
        Assert.Equal(
            new Refusal(403, "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed", 40, 20),
            await bench.RefusedAsync(static channel => channel.ExchangeDeleteAsync("amq.direct")));
    }

    [Theory]
    [BothBrokers("declare", 40, 10)]
    [BothBrokers("delete", 40, 20)]
    [BothBrokers("bind", 50, 20)]
    [BothBrokers("unbind", 50, 50)]
    [BothBrokers("exchange-bind", 40, 30)]
    public async Task The_default_exchange_cannot_be_changed(string broker, string operation, int classId, int methodId)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        Refusal refusal = await bench.RefusedAsync(channel => operation switch
        {
            "declare" => channel.ExchangeDeclareAsync("", "direct", durable: true),
            "delete" => channel.ExchangeDeleteAsync(""),
            "bind" => channel.QueueBindAsync(queue, "", queue),
            "unbind" => channel.QueueUnbindAsync(queue, "", queue),
            _ => channel.ExchangeBindAsync("amq.direct", "", "a"),
        });

        Assert.Equal(new Refusal(403, "ACCESS_REFUSED - operation not permitted on the default exchange", (ushort)classId, (ushort)methodId), refusal);
    }

    [Theory, BothBrokers]
    public async Task Binding_what_is_missing_closes_the_channel_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        string missing = bench.Name("missing");

        Assert.Equal(
            new Refusal(404, $"NOT_FOUND - no queue '{missing}' in vhost '/'", 50, 20),
            await bench.RefusedAsync(channel => channel.QueueBindAsync(missing, "amq.direct", "a")));
        Assert.Equal(
            new Refusal(404, $"NOT_FOUND - no exchange '{missing}' in vhost '/'", 50, 20),
            await bench.RefusedAsync(channel => channel.QueueBindAsync(queue, missing, "a")));
        Assert.Equal(
            new Refusal(404, $"NOT_FOUND - no exchange '{missing}' in vhost '/'", 40, 30),
            await bench.RefusedAsync(channel => channel.ExchangeBindAsync(missing, "amq.direct", "a")));
    }

    [Theory, BothBrokers]
    public async Task Deleting_a_missing_exchange_is_fine(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        await bench.Channel.ExchangeDeleteAsync(bench.Name("missing"));

        Assert.True(bench.Channel.IsOpen);
    }

    [Theory, BothBrokers]
    public async Task An_exchange_in_use_is_not_deleted_if_unused(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        await bench.BoundQueueAsync(exchange, "q", "a");

        Refusal refusal = await bench.RefusedAsync(channel => channel.ExchangeDeleteAsync(exchange, ifUnused: true));

        Assert.Equal(new Refusal(406, $"PRECONDITION_FAILED - exchange '{exchange}' in vhost '/' in use", 40, 20), refusal);
        await bench.Channel.ExchangeDeclarePassiveAsync(exchange);
    }

    [Theory, BothBrokers]
    public async Task An_auto_delete_exchange_goes_with_its_last_binding(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        string queue = await bench.BoundQueueAsync(exchange, "q", "a", "b");
        await bench.Channel.QueueUnbindAsync(queue, exchange, "a");
        await bench.Channel.ExchangeDeclarePassiveAsync(exchange);

        await bench.Channel.QueueUnbindAsync(queue, exchange, "b");

        Assert.Equal(404, (await bench.RefusedAsync(channel => channel.ExchangeDeclarePassiveAsync(exchange))).Code);
    }

    [Theory, BothBrokers]
    public async Task Deleting_a_queue_removes_its_bindings(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        string queue = await bench.BoundQueueAsync(exchange, "q", "a");

        await bench.Channel.QueueDeleteAsync(queue);

        Assert.Equal(404, (await bench.RefusedAsync(channel => channel.ExchangeDeclarePassiveAsync(exchange))).Code);
    }
}
