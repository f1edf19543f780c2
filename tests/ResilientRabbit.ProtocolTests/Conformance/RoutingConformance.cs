using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Which queues a message reaches: types of exchanges, bindings, alternate exchanges, CC.</summary>
public sealed class RoutingConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Direct_routes_by_the_equal_key_to_each_queue_once(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        string first = await bench.BoundQueueAsync(exchange, "first", "a");
        string second = await bench.BoundQueueAsync(exchange, "second", "a", "b");

        await bench.PublishAsync(exchange, "a", "a");
        await bench.PublishAsync(exchange, "b", "b");
        await bench.PublishAsync(exchange, "c", "c");

        Assert.Equal(["a"], await bench.DrainAsync(first));
        Assert.Equal(["a", "b"], await bench.DrainAsync(second));
    }

    [Theory, BothBrokers]
    public async Task Fanout_routes_to_every_queue_once_whatever_the_key(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("fanout");
        string first = await bench.BoundQueueAsync(exchange, "first", "a", "b");
        string second = await bench.BoundQueueAsync(exchange, "second", "");

        await bench.PublishAsync(exchange, "zzz", "m");

        Assert.Equal(["m"], await bench.DrainAsync(first));
        Assert.Equal(["m"], await bench.DrainAsync(second));
    }

    [Theory]
    [BothBrokers("a.b.c", "a.b.c", true)]
    [BothBrokers("a.*.c", "a.b.c", true)]
    [BothBrokers("a.*.c", "a.c", false)]
    [BothBrokers("a.*.c", "a.b.b.c", false)]
    [BothBrokers("*", "a", true)]
    [BothBrokers("*", "", false)]
    [BothBrokers("*", "a.b", false)]
    [BothBrokers("#", "", true)]
    [BothBrokers("#", "a.b.c", true)]
    [BothBrokers("a.#", "a", true)]
    [BothBrokers("a.#", "a.b.c", true)]
    [BothBrokers("a.#", "b.a", false)]
    [BothBrokers("#.c", "c", true)]
    [BothBrokers("#.c", "a.b.c", true)]
    [BothBrokers("a.#.c", "a.c", true)]
    [BothBrokers("a.#.c", "a.b.b.c", true)]
    [BothBrokers("#.b.#", "a.b.c.b", true)]
    [BothBrokers("*.#", "", false)]
    [BothBrokers("#.*", "a", true)]
    [BothBrokers("a..c", "a..c", true)]
    [BothBrokers("a.*.c", "a..c", true)]
    [BothBrokers("", "", true)]
    [BothBrokers("a*", "ab", false)]
    [BothBrokers("A", "a", false)]
    public async Task Topic_routes_by_words(string broker, string pattern, string key, bool routed)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("topic");
        string queue = await bench.BoundQueueAsync(exchange, "q", pattern);

        await bench.PublishAsync(exchange, key, "m");

        Assert.Equal(routed ? ["m"] : [], await bench.DrainAsync(queue));
    }

    [Theory]
    [BothBrokers("all", "x=1,y=2", true)]
    [BothBrokers("all", "x=1,y=2,z=3", true)]
    [BothBrokers("all", "x=1", false)]
    [BothBrokers("all", "x=1,y=3", false)]
    [BothBrokers("any", "x=1", true)]
    [BothBrokers("any", "y=2,x=9", true)]
    [BothBrokers("any", "z=1", false)]
    [BothBrokers("any", "", false)]
    [BothBrokers(null, "x=1,y=2", true)]
    [BothBrokers(null, "x=1", false)]
    public async Task Headers_match_all_or_any(string broker, string? match, string headers, bool routed)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("headers");
        string queue = await bench.QueueAsync();
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x"] = "1", ["y"] = "2" };
        if (match is not null)
        {
            arguments["x-match"] = match;
        }

        await bench.Channel.QueueBindAsync(queue, exchange, "ignored", arguments);
        await bench.PublishAsync(exchange, "key", "m", properties => properties.Headers = headers.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(static pair => pair.Split('=')).ToDictionary(static pair => pair[0], static pair => (object?)pair[1], StringComparer.Ordinal));

        Assert.Equal(routed ? ["m"] : [], await bench.DrainAsync(queue));
    }

    [Theory]
    [BothBrokers("all-with-x", false)]
    [BothBrokers("any-with-x", true)]
    [BothBrokers("all", true)]
    public async Task Headers_that_begin_with_x_count_only_when_asked_for(string broker, string match, bool routed)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("headers");
        string queue = await bench.QueueAsync();
        await bench.Channel.QueueBindAsync(queue, exchange, "", Bench.Table(("x-match", match), ("x-mine", "1"), ("plain", "2")));

        await bench.PublishAsync(exchange, "", "m", static properties => properties.Headers = Bench.Table(("plain", "2")));

        Assert.Equal(routed ? ["m"] : [], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task An_unknown_header_match_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("headers");
        string queue = await bench.QueueAsync();

        Refusal refusal = await bench.RefusedAsync(channel => channel.QueueBindAsync(queue, exchange, "", Bench.Table(("x-match", "some"))));

        Assert.Equal((406, (ushort)50, (ushort)20), ((int)refusal.Code, refusal.ClassId, refusal.MethodId));
        Assert.StartsWith("PRECONDITION_FAILED - Invalid x-match field value", refusal.Text, StringComparison.Ordinal);
    }

    [Theory, BothBrokers]
    public async Task The_default_exchange_routes_to_the_queue_of_that_name(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        await bench.PublishAsync("", queue, "m");

        Assert.Equal(["m"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Two_bindings_of_one_queue_store_one_copy(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("topic");
        string queue = await bench.BoundQueueAsync(exchange, "q", "a.*", "#");

        await bench.PublishAsync(exchange, "a.b", "m");

        Assert.Equal(["m"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Unbinding_ends_the_routing_and_unbinding_nothing_is_fine(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        string queue = await bench.BoundQueueAsync(exchange, "q", "a", "b");

        await bench.Channel.QueueUnbindAsync(queue, exchange, "a");
        await bench.Channel.QueueUnbindAsync(queue, exchange, "never");
        await bench.PublishAsync(exchange, "a", "a");
        await bench.PublishAsync(exchange, "b", "b");

        Assert.Equal(["b"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task An_alternate_exchange_takes_what_is_not_routed(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string alternate = await bench.ExchangeAsync("fanout", "alternate");
        string rest = await bench.BoundQueueAsync(alternate, "rest", "");
        string exchange = await bench.ExchangeAsync("direct", "main", ("alternate-exchange", alternate));
        string queue = await bench.BoundQueueAsync(exchange, "q", "a");
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync(exchange, "a", "routed", mandatory: true);
        await recorder.PublishAsync(exchange, "b", "not routed", mandatory: true);

        Assert.Equal(["ack", "ack"], await recorder.OutcomesAsync());
        Assert.Empty(recorder.Returned);
        Assert.Equal(["routed"], await bench.DrainAsync(queue));
        BasicGetResult result = await bench.GetAsync(rest);
        Assert.Equal((exchange, "b"), (result.Exchange, result.RoutingKey));
    }

    [Theory, BothBrokers]
    public async Task A_missing_alternate_exchange_leaves_the_message_unroutable(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct", "main", ("alternate-exchange", bench.Name("missing")));
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync(exchange, "b", "m", mandatory: true);

        Assert.Equal(["ack"], await recorder.OutcomesAsync());
        Assert.Single(recorder.Returned);
    }

    [Theory, BothBrokers]
    public async Task Exchanges_route_to_exchanges_also_in_a_circle(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string first = await bench.ExchangeAsync("topic", "first");
        string second = await bench.ExchangeAsync("fanout", "second");
        string queue = await bench.BoundQueueAsync(second, "q", "");
        await bench.Channel.ExchangeBindAsync(second, first, "a.#");
        await bench.Channel.ExchangeBindAsync(first, second, "");

        await bench.PublishAsync(first, "a.b", "yes");
        await bench.PublishAsync(first, "b", "no");

        Assert.Equal(["yes"], await bench.DrainAsync(queue));
        await bench.Channel.ExchangeUnbindAsync(first, second, "");
        await bench.PublishAsync(second, "", "still");
        Assert.Equal(["still"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task CC_and_BCC_add_routing_keys_and_BCC_is_taken_out(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string first = await bench.QueueAsync("first");
        string second = await bench.QueueAsync("second");
        string third = await bench.QueueAsync("third");

        await bench.PublishAsync("", first, "m", properties => properties.Headers = Bench.Table(("CC", new List<object?> { second }), ("BCC", new List<object?> { third })));

        foreach (string queue in new[] { first, second, third })
        {
            BasicGetResult result = await bench.GetAsync(queue);
            Assert.Equal(first, result.RoutingKey);
            Assert.Equal(["CC"], result.BasicProperties.Headers!.Keys);
        }
    }

    [Theory, BothBrokers]
    public async Task A_CC_header_that_is_no_list_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Refusal refusal = await bench.RefusedAsync(static channel => channel.BasicPublishAsync("amq.direct", "a", mandatory: false, new BasicProperties { Headers = Bench.Table(("CC", "text")) }, "m"u8.ToArray()).AsTask());

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,\"CC\",longstr}", 60, 40), refusal);
    }
}
