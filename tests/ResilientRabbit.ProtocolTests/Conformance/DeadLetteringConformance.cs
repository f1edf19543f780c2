using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Time to live and dead-lettering, with the exact headers.</summary>
public sealed class DeadLetteringConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory]
    [BothBrokers("queue")]
    [BothBrokers("message")]
    public async Task An_expired_message_is_gone(string broker, string ttl)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = ttl is "queue" ? await bench.QueueAsync("q", ("x-message-ttl", 50)) : await bench.QueueAsync();

        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync("", queue, "short", mandatory: false, properties => properties.Expiration = ttl is "queue" ? null : "50");
        await recorder.OutcomesAsync();

        await bench.WaitForCountAsync(queue, 0);
        Assert.Empty(await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_time_to_live_of_zero_delivers_only_to_a_waiting_consumer(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-message-ttl", 0));
        await bench.PublishAsync("", queue, "nobody waits");
        Assert.Empty(await bench.DrainAsync(queue));
        Recorder recorder = await bench.ConsumeAsync(queue, autoAck: true);

        await bench.PublishAsync("", queue, "somebody waits");

        Assert.Equal("somebody waits", (await recorder.NextAsync()).Body);
    }

    [Theory, BothBrokers]
    public async Task A_message_expires_at_the_head_of_its_queue(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q");
        await bench.PublishAsync("", queue, "lasting");
        await bench.PublishAsync("", queue, "short", static properties => properties.Expiration = "0");
        await bench.WaitForCountAsync(queue, 2);

        Assert.Equal(["lasting"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_rejected_message_goes_to_the_dead_letter_exchange_with_its_history(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        (string queue, string dead) = await PairAsync(bench, ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", bench.Name("dead")));
        await bench.PublishAsync("", queue, "m", static properties =>
        {
            properties.MessageId = "id";
            properties.Headers = Bench.Table(("mine", "1"));
        });
        BasicGetResult first = await bench.GetAsync(queue, autoAck: false);

        await bench.Channel.BasicRejectAsync(first.DeliveryTag, requeue: false);
        BasicGetResult result = await bench.GetAsync(dead);

        Assert.Equal(("", dead, "m", "id", false), (result.Exchange, result.RoutingKey, Bench.Text(result), result.BasicProperties.MessageId, result.Redelivered));
        Assert.Equal(["mine", "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason"], result.BasicProperties.Headers!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([$"count=1:Int64 exchange= queue={queue} reason=rejected routing-keys=[{queue}]"], Death.Read(result.BasicProperties));
        Assert.Equal($"rejected {queue} ", Death.First(result.BasicProperties));
    }

    [Theory, BothBrokers]
    public async Task An_expired_message_loses_its_expiration_and_the_history_keeps_it(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        (string queue, string dead) = await PairAsync(bench, ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", bench.Name("dead")));

        await bench.PublishAsync("", queue, "m", static properties => properties.Expiration = "10");
        BasicGetResult result = await bench.GetAsync(dead);

        Assert.Null(result.BasicProperties.Expiration);
        Assert.Equal([$"count=1:Int64 exchange= original-expiration=10 queue={queue} reason=expired routing-keys=[{queue}]"], Death.Read(result.BasicProperties));
    }

    [Theory, BothBrokers]
    public async Task A_message_keeps_its_routing_key_when_none_is_set(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        string source = await bench.ExchangeAsync("direct", "source");
        (string queue, string dead) = await PairAsync(bench, ("x-dead-letter-exchange", exchange), ("x-message-ttl", 0));
        await bench.Channel.QueueBindAsync(queue, source, "key");
        await bench.Channel.QueueBindAsync(dead, exchange, "key");

        await bench.PublishAsync(source, "key", "m");
        BasicGetResult result = await bench.GetAsync(dead);

        Assert.Equal((exchange, "key"), (result.Exchange, result.RoutingKey));
        Assert.Equal([$"count=1:Int64 exchange={source} queue={queue} reason=expired routing-keys=[key]"], Death.Read(result.BasicProperties));
        Assert.Equal($"expired {queue} {source}", Death.First(result.BasicProperties));
    }

    [Theory, BothBrokers]
    public async Task Deaths_of_several_queues_are_listed_latest_first_and_counted(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string first = bench.Name("first");
        string second = bench.Name("second");
        await bench.QueueAsync("first", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", second));
        await bench.QueueAsync("second", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", first));
        await bench.PublishAsync("", first, "m");

        foreach (string queue in new[] { first, second, first })
        {
            BasicGetResult dying = await bench.GetAsync(queue, autoAck: false);
            await bench.Channel.BasicRejectAsync(dying.DeliveryTag, requeue: false);
        }

        BasicGetResult result = await bench.GetAsync(second);
        Assert.Equal(
            [$"count=2:Int64 exchange= queue={first} reason=rejected routing-keys=[{first}]", $"count=1:Int64 exchange= queue={second} reason=rejected routing-keys=[{second}]"],
            Death.Read(result.BasicProperties));
        Assert.Equal($"rejected {first} ", Death.First(result.BasicProperties));
    }

    [Theory, BothBrokers]
    public async Task Two_reasons_of_one_queue_are_two_entries_that_stay_together(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string first = bench.Name("first");
        string second = bench.Name("second");
        await bench.QueueAsync("first", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", second));
        await bench.QueueAsync("second", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", first));
        await bench.PublishAsync("", first, "m", static properties => properties.Expiration = "10");
        await RejectAsync(bench, second);
        await RejectAsync(bench, first);

        BasicGetResult result = await bench.GetAsync(second);

        Assert.Equal(
            [
                $"count=1:Int64 exchange= queue={first} reason=rejected routing-keys=[{first}]",
                $"count=1:Int64 exchange= original-expiration=10 queue={first} reason=expired routing-keys=[{first}]",
                $"count=1:Int64 exchange= queue={second} reason=rejected routing-keys=[{second}]",
            ],
            Death.Read(result.BasicProperties));
    }

    [Theory, BothBrokers]
    public async Task Older_deaths_are_turned_round_by_each_new_one(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string[] queues = [bench.Name("a"), bench.Name("b"), bench.Name("c"), bench.Name("d"), bench.Name("e")];
        for (int number = 0; number < queues.Length; number++)
        {
            await bench.QueueAsync(queues[number][..1], ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", queues[(number + 1) % queues.Length]));
        }

        await bench.PublishAsync("", queues[0], "m");
        foreach (string queue in queues[..4])
        {
            await RejectAsync(bench, queue);
        }

        BasicGetResult result = await bench.GetAsync(queues[4]);
        Assert.Equal(
            "dbac",
            string.Concat(((List<object?>)result.BasicProperties.Headers!["x-death"]!).Select(static death => System.Text.Encoding.UTF8.GetString((byte[])((IDictionary<string, object?>)death!)["queue"]!)[..1])));
    }

    [Theory, BothBrokers]
    public async Task A_circle_of_expiries_drops_the_message(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("fanout");
        string queue = await bench.QueueAsync("q", ("x-dead-letter-exchange", exchange), ("x-message-ttl", 1));
        string witness = await bench.QueueAsync("witness");
        await bench.Channel.QueueBindAsync(queue, exchange, "");
        await bench.Channel.QueueBindAsync(witness, exchange, "");

        await bench.PublishAsync("", queue, "m");
        BasicGetResult first = await bench.GetAsync(witness);

        Assert.Equal([$"count=1:Int64 exchange= queue={queue} reason=expired routing-keys=[{queue}]"], Death.Read(first.BasicProperties));
        await bench.PublishAsync("", queue, "again");
        Assert.Equal("again", Bench.Text(await bench.GetAsync(witness)));
        Assert.Null(await bench.Channel.BasicGetAsync(witness, autoAck: true));
    }

    [Theory, BothBrokers]
    public async Task A_message_whose_dead_letter_exchange_is_missing_is_dropped(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync("q", ("x-dead-letter-exchange", bench.Name("missing")));
        await bench.PublishAsync("", queue, "m");

        await RejectAsync(bench, queue);

        await bench.PublishAsync("", queue, "next");
        Assert.Equal(["next"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Drop_head_dead_letters_the_oldest_for_maxlen(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        (string queue, string dead) = await PairAsync(bench, ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", bench.Name("dead")), ("x-max-length", 1));

        await bench.PublishAsync("", queue, "old");
        await bench.PublishAsync("", queue, "new");
        BasicGetResult result = await bench.GetAsync(dead);

        Assert.Equal("old", Bench.Text(result));
        Assert.Equal([$"count=1:Int64 exchange= queue={queue} reason=maxlen routing-keys=[{queue}]"], Death.Read(result.BasicProperties));
        Assert.Equal(["new"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Reject_publish_dlx_dead_letters_the_newest_and_nacks_it(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        (string queue, string dead) = await PairAsync(
            bench, ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", bench.Name("dead")), ("x-max-length", 1), ("x-overflow", "reject-publish-dlx"));
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync("", queue, "old");
        Assert.Equal(["ack"], await recorder.OutcomesAsync());
        await recorder.PublishAsync("", queue, "new");

        Assert.Equal(["ack", "nack"], await recorder.OutcomesAsync());
        BasicGetResult result = await bench.GetAsync(dead);
        Assert.Equal("new", Bench.Text(result));
        Assert.Equal([$"count=1:Int64 exchange= queue={queue} reason=maxlen routing-keys=[{queue}]"], Death.Read(result.BasicProperties));
    }

    [Theory, BothBrokers]
    public async Task A_quorum_queue_dead_letters_what_was_delivered_too_often(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("quorum");
        string dead = await bench.QueueAsync("dead");
        await bench.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Bench.Table(
            ("x-queue-type", "quorum"), ("x-delivery-limit", 2), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", dead)));
        await bench.PublishAsync("", queue, "m");

        List<string> counts = [];
        for (int delivery = 0; delivery < 3; delivery++)
        {
            BasicGetResult result = await bench.GetAsync(queue, autoAck: false);
            object? count = null;
            result.BasicProperties.Headers?.TryGetValue("x-delivery-count", out count);
            counts.Add(string.Create(CultureInfo.InvariantCulture, $"{count ?? "none"} {result.Redelivered}"));
            await bench.Channel.BasicNackAsync(result.DeliveryTag, multiple: false, requeue: true);
        }

        Assert.Equal(["0 False", "1 True", "2 True"], counts);
        BasicGetResult last = await bench.GetAsync(dead);
        Assert.Equal([$"count=1:Int64 exchange= queue={queue} reason=delivery_limit routing-keys=[{queue}]"], Death.Read(last.BasicProperties));
        await bench.Channel.QueueDeleteAsync(queue);
    }

    [Theory, BothBrokers]
    public async Task Dead_lettering_by_policy_works_like_by_argument(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = bench.Name("policy");
        string dead = await bench.QueueAsync("dead");
        await bench.Broker.SetPolicyAsync(bench.Name("p"), $"^{queue}$", $$"""{"dead-letter-exchange":"","dead-letter-routing-key":"{{dead}}","message-ttl":10}""", "queues");
        await bench.QueueAsync("policy");

        await bench.PublishAsync("", queue, "m");

        Assert.Equal([$"count=1:Int64 exchange= queue={queue} reason=expired routing-keys=[{queue}]"], Death.Read((await bench.GetAsync(dead)).BasicProperties));
    }

    private static async Task RejectAsync(Bench bench, string queue)
    {
        BasicGetResult result = await bench.GetAsync(queue, autoAck: false);
        await bench.Channel.BasicRejectAsync(result.DeliveryTag, requeue: false);
    }

    private static async Task<(string Queue, string Dead)> PairAsync(Bench bench, params (string Key, object? Value)[] arguments)
    {
        string dead = await bench.QueueAsync("dead");
        return (await bench.QueueAsync("q", arguments), dead);
    }
}
