using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Model;

public sealed class DeadLetterTests
{
    [Fact]
    public void A_rejected_message_goes_to_the_dead_letter_queue_with_its_death_written_down()
    {
        TestModel model = new();
        Queue source = model.Queue("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        Queue dead = model.Queue("dead");
        source.Publish(new FakeMessage("orders", "eu", "m") { Ttl = "60000" }, ticket: null);

        source.Discard(source.Get(noAck: false)!);

        FakeMessage message = Assert.IsType<FakeMessage>(Assert.Single(dead.Ready).Message);
        Assert.Equal("dead", message.RoutingKey);
        Assert.Null(message.Expiration);
        AmqpTable death = FirstDeath(message);
        Assert.Equal(1L, death["count"]);
        Assert.Equal("rejected", death["reason"]);
        Assert.Equal("q", death["queue"]);
        Assert.Equal("orders", death["exchange"]);
        Assert.Equal(new List<object?> { "eu" }, death["routing-keys"]);
        Assert.Equal("60000", death["original-expiration"]);
        Assert.IsType<AmqpTimestamp>(death["time"]);
        Assert.Equal("rejected", message.Headers!["x-first-death-reason"]);
        Assert.Equal("q", message.Headers["x-first-death-queue"]);
        Assert.Equal("orders", message.Headers["x-first-death-exchange"]);
    }

    [Fact]
    public void The_same_death_again_raises_the_count_and_comes_to_the_front()
    {
        FakeMessage message = new("x", "k")
        {
            Fields = new AmqpTable
            {
                ["x-first-death-reason"] = "expired",
                ["x-death"] = new List<object?>
                {
                    new AmqpTable { ["queue"] = "other", ["reason"] = "expired", ["count"] = 4L },
                    new AmqpTable { ["queue"] = "q", ["reason"] = "rejected", ["count"] = 2L, ["exchange"] = "first" },
                },
            },
        };

        AmqpTable headers = DeathHeaders.Add(message, "q", "rejected", 0, dropCarbonCopies: false);

        var deaths = (IReadOnlyList<object?>)headers["x-death"]!;
        Assert.Equal(2, deaths.Count);
        Assert.Equal(3L, ((AmqpTable)deaths[0]!)["count"]);
        Assert.Equal("first", ((AmqpTable)deaths[0]!)["exchange"]);
        Assert.Equal("expired", headers["x-first-death-reason"]);
    }

    [Fact]
    public void An_x_death_that_is_no_list_is_replaced()
    {
        FakeMessage message = new("x", "k") { Fields = new AmqpTable { ["x-death"] = "text" } };

        AmqpTable headers = DeathHeaders.Add(message, "q", "expired", 0, dropCarbonCopies: false);

        Assert.Single((IReadOnlyList<object?>)headers["x-death"]!);
        Assert.False(headers.ContainsKey("x-first-death-reason"));
    }

    [Fact]
    public void A_new_routing_key_ends_the_carbon_copies()
    {
        FakeMessage message = new("x", "k") { Fields = new AmqpTable { ["CC"] = new List<object?> { "copy" } } };

        AmqpTable headers = DeathHeaders.Add(message, "q", "expired", 0, dropCarbonCopies: true);

        Assert.False(headers.ContainsKey("CC"));
        Assert.Equal(new List<object?> { "k", "copy" }, ((AmqpTable)((IReadOnlyList<object?>)headers["x-death"]!)[0]!)["routing-keys"]);
    }

    [Fact]
    public void Messages_expire_by_the_shorter_of_both_times_and_only_from_the_head()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", ("x-message-ttl", 1000), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        Queue dead = model.Queue("dead");
        queue.Publish(FakeMessage.To("q", "long"), ticket: null);
        queue.Publish(new FakeMessage("", "q", "short") { Ttl = "10" }, ticket: null);

        model.Advance(500);
        Assert.Equal(["long", "short"], TestModel.Texts(queue));
        model.Advance(600);

        Assert.Equal(0, queue.ReadyCount);
        Assert.Equal(["long", "short"], TestModel.Texts(dead));
        Assert.All(dead.Ready, static entry => Assert.Equal("expired", FirstDeath(entry.Message)["reason"]));
    }

    [Fact]
    public void A_time_to_live_of_zero_is_for_consumers_that_are_there()
    {
        Queue queue = new TestModel().Queue("q", ("x-message-ttl", 0));
        FakeChannel channel = new();
        channel.Consume(queue, prefetch: 1);

        queue.Publish(FakeMessage.To("q", "1"), ticket: null);
        queue.Publish(FakeMessage.To("q", "2"), ticket: null);

        Assert.Equal(["1"], channel.Texts);
        Assert.Equal(0, queue.ReadyCount);
    }

    [Fact]
    public void What_a_full_queue_drops_is_dead_lettered_by_maxlen()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", ("x-max-length", 1), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        Queue dead = model.Queue("dead");

        queue.Publish(FakeMessage.To("q", "1"), ticket: null);
        queue.Publish(FakeMessage.To("q", "2"), ticket: null);

        Assert.Equal(["1"], TestModel.Texts(dead));
        Assert.Equal("maxlen", FirstDeath(dead.Ready.Single().Message)["reason"]);
    }

    [Fact]
    public void What_a_full_queue_refuses_can_be_dead_lettered_too()
    {
        TestModel model = new();
        Queue queue = model.Queue(
            "q", ("x-max-length", 1), ("x-overflow", "reject-publish-dlx"), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        Queue dead = model.Queue("dead");
        queue.Publish(FakeMessage.To("q", "1"), ticket: null);

        Assert.Equal(PublishOutcome.Rejected, queue.Publish(FakeMessage.To("q", "2"), ticket: null));

        Assert.Equal(["2"], TestModel.Texts(dead));
    }

    [Fact]
    public void A_quorum_queue_dead_letters_what_came_back_too_often()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", ("x-queue-type", "quorum"), ("x-delivery-limit", 1), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        Queue dead = model.Queue("dead");
        queue.Publish(FakeMessage.To("q", "m"), ticket: null);

        queue.Requeue([queue.Get(noAck: false)!]);
        Assert.Equal(1, queue.ReadyCount);
        queue.Requeue([queue.Get(noAck: false)!]);

        Assert.Equal(0, queue.ReadyCount);
        Assert.Equal("delivery_limit", FirstDeath(dead.Ready.Single().Message)["reason"]);
    }

    [Fact]
    public void A_circle_of_expiry_is_broken_when_no_client_took_part()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", ("x-message-ttl", 100), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "q"));
        queue.Publish(FakeMessage.To("q", "m"), ticket: null);

        model.Advance(101);

        Assert.Equal(0, queue.ReadyCount);
    }

    [Fact]
    public void A_circle_with_a_reject_in_it_goes_on()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "wait"));
        Queue wait = model.Queue("wait", ("x-message-ttl", 100), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "q"));
        queue.Publish(FakeMessage.To("q", "m"), ticket: null);
        for (int round = 1; round <= 3; round++)
        {
            queue.Discard(queue.Get(noAck: false)!);
            Assert.Equal(1, wait.ReadyCount);
            model.Advance(101);
            Assert.Equal(1, queue.ReadyCount);
        }

        var deaths = (IReadOnlyList<object?>)queue.Ready.Single().Message.Headers!["x-death"]!;
        Assert.Equal(2, deaths.Count);
        Assert.All(deaths, static death => Assert.Equal(3L, ((AmqpTable)death!)["count"]));
    }

    [Fact]
    public void A_long_chain_of_full_queues_does_not_overflow_the_stack()
    {
        TestModel model = new();
        const int Length = 20_000;
        Queue[] queues = [.. Enumerable.Range(0, Length).Select(number =>
            model.Queue($"q{number}", ("x-max-length", 0), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", $"q{number + 1}")))];
        Queue last = model.Queue($"q{Length}");
        _ = queues.Length;

        // 255 deaths are as many as a header of a test needs; the chain is walked all the same.
        queues[Length - 200].Publish(FakeMessage.To("q", "m"), ticket: null);

        Assert.Equal(1, last.ReadyCount);
    }

    private static AmqpTable FirstDeath(Message message) => (AmqpTable)((IReadOnlyList<object?>)message.Headers!["x-death"]!)[0]!;
}
