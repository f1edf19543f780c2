using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>What queue.declare accepts: properties and arguments, by themselves and beside those of the queue that is there.</summary>
public sealed class QueueArgumentConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory]
    [BothBrokers("durable", "inequivalent arg 'durable' for queue '{0}' in vhost '/': received 'true' but current is 'false'")]
    [BothBrokers("auto_delete", "inequivalent arg 'auto_delete' for queue '{0}' in vhost '/': received 'true' but current is 'false'")]
    [BothBrokers("missing-argument", "inequivalent arg 'x-max-length' for queue '{0}' in vhost '/': received none but current is the value '10' of type 'signedint'")]
    [BothBrokers("other-argument", "inequivalent arg 'x-max-length' for queue '{0}' in vhost '/': received '11' but current is '10'")]
    [BothBrokers("more-arguments", "inequivalent arg 'x-message-ttl' for queue '{0}' in vhost '/': received the value '1000' of type 'signedint' but current is none")]
    public async Task Declaring_a_queue_differently_closes_the_channel_with_406(string broker, string difference, string text)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");
        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: false, Bench.Table(("x-max-length", 10)));

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueDeclareAsync(
            queue, difference is "durable", exclusive: false, difference is "auto_delete",
            difference switch
            {
                "missing-argument" => null,
                "other-argument" => Bench.Table(("x-max-length", 11)),
                "more-arguments" => Bench.Table(("x-max-length", 10), ("x-message-ttl", 1000)),
                _ => Bench.Table(("x-max-length", 10)),
            }));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - " + string.Format(CultureInfo.InvariantCulture, text, queue), 50, 10), refusal);
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task Equal_numbers_of_different_types_are_the_same_argument(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-max-length", 10));

        await bench.Channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: false, Bench.Table(("x-max-length", 10L)));

        Assert.True(bench.Channel.IsOpen);
    }

    [Theory]
    [BothBrokers("x-message-ttl", "text", "invalid arg 'x-message-ttl' for queue '{0}' in vhost '/': \"expected integer, got longstr\"")]
    [BothBrokers("x-message-ttl", -1, "invalid arg 'x-message-ttl' for queue '{0}' in vhost '/': {{value_negative,-1}}")]
    [BothBrokers("x-expires", 0, "invalid arg 'x-expires' for queue '{0}' in vhost '/': {{value_zero,0}}")]
    [BothBrokers("x-max-length", -1, "invalid arg 'x-max-length' for queue '{0}' in vhost '/': {{value_negative,-1}}")]
    [BothBrokers("x-max-priority", 256, "invalid arg 'x-max-priority' for queue '{0}' in vhost '/': {{max_value_exceeded,256}}")]
    [BothBrokers("x-overflow", "explode", "invalid arg 'x-overflow' for queue '{0}' in vhost '/': invalid_overflow")]
    [BothBrokers("x-queue-type", "qourum", "invalid arg 'x-queue-type' for queue '{0}' in vhost '/': \"unsupported queue type 'qourum'\"")]
    [BothBrokers("x-single-active-consumer", "yes", "invalid arg 'x-single-active-consumer' for queue '{0}' in vhost '/': {{unacceptable_type,longstr}}")]
    [BothBrokers("x-dead-letter-routing-key", "k", "invalid arg 'x-dead-letter-routing-key' for queue '{0}' in vhost '/': routing_key_but_no_dlx_defined")]
    public async Task An_impossible_argument_closes_the_channel_with_406(string broker, string argument, object value, string text)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Bench.Table((argument, value))));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - " + string.Format(CultureInfo.InvariantCulture, text, queue), 50, 10), refusal);
    }

    [Theory, BothBrokers]
    public async Task An_unknown_argument_is_kept_and_not_judged(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        await bench.QueueAsync("q", ("x-something-of-ours", "value"));

        Assert.True(bench.Channel.IsOpen);
    }

    [Theory]
    [BothBrokers(false, false, false, "invalid property 'non-durable' for queue '{0}' in vhost '/'")]
    [BothBrokers(true, true, false, "invalid property 'exclusive-owner' for queue '{0}' in vhost '/'")]
    [BothBrokers(true, false, true, "invalid property 'auto-delete' for queue '{0}' in vhost '/'")]
    public async Task A_quorum_queue_is_durable_shared_and_stays(string broker, bool durable, bool exclusive, bool autoDelete, string text)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueDeclareAsync(queue, durable, exclusive, autoDelete, Bench.Table(("x-queue-type", "quorum"))));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - " + string.Format(CultureInfo.InvariantCulture, text, queue), 50, 10), refusal);
    }

    [Theory]
    [BothBrokers("x-max-priority", 5)]
    [BothBrokers("x-queue-mode", "lazy")]
    public async Task A_quorum_queue_refuses_arguments_of_classic_queues(string broker, string argument, object value)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("q");

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Bench.Table(("x-queue-type", "quorum"), (argument, value))));

        Assert.Equal(new Refusal(406, $"PRECONDITION_FAILED - invalid arg '{argument}' for queue '{queue}' in vhost '/' of queue type rabbit_quorum_queue", 50, 10), refusal);
    }
}
