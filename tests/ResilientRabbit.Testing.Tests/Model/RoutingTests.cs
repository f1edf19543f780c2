using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Model;

public sealed class RoutingTests
{
    [Theory]
    [InlineData("a.b.c", "a.b.c", true)]
    [InlineData("a.*.c", "a.b.c", true)]
    [InlineData("a.*", "a.b.c", false)]
    [InlineData("a.#", "a", true)]
    [InlineData("a.#", "a.b.c.d", true)]
    [InlineData("#", "", true)]
    [InlineData("#", "a.b", true)]
    [InlineData("*", "", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("#.b", "a.a.b", true)]
    [InlineData("#.b.#", "a.b.c", true)]
    [InlineData("#.*", "a", true)]
    [InlineData("#.*", "", false)]
    [InlineData("*.#.*", "a", false)]
    [InlineData("*.#.*", "a.b", true)]
    [InlineData("a.#.b.#.c", "a.x.b.y.z.c", true)]
    [InlineData("a.#.b.#.c", "a.x.y.c", false)]
    [InlineData("a..b", "a..b", true)]
    [InlineData("a.*.b", "a..b", true)]
    [InlineData("A", "a", false)]
    public void A_topic_pattern_matches_words(string pattern, string key, bool expected) => Assert.Equal(expected, new TopicPattern(pattern).Matches(key));

    [Fact]
    public void A_topic_pattern_of_many_hashes_is_matched_in_no_time()
    {
        TopicPattern pattern = new(string.Join('.', Enumerable.Repeat("#.a", 60)) + ".z");

        Assert.False(pattern.Matches(string.Join('.', Enumerable.Repeat("a", 120))));
    }

    [Theory]
    [InlineData("all", 1, "x", true)]
    [InlineData("all", 1, "y", false)]
    [InlineData("any", 1, "y", true)]
    [InlineData("any", 2, "y", false)]
    public void Headers_match_all_or_any(string match, int number, string text, bool expected)
    {
        AmqpTable binding = new() { ["x-match"] = match, ["n"] = 1, ["t"] = "x" };
        AmqpTable headers = new() { ["n"] = (long)number, ["t"] = text, ["other"] = true };

        Assert.Equal(expected, HeadersMatch.Matches(binding, headers));
    }

    [Fact]
    public void Headers_that_begin_with_x_count_only_with_x()
    {
        AmqpTable headers = new() { ["x-a"] = 2 };

        Assert.True(HeadersMatch.Matches(new AmqpTable { ["x-match"] = "all", ["x-a"] = 1 }, headers));
        Assert.False(HeadersMatch.Matches(new AmqpTable { ["x-match"] = "all-with-x", ["x-a"] = 1 }, headers));
        Assert.False(HeadersMatch.Matches(new AmqpTable { ["x-match"] = "any", ["x-a"] = 2 }, headers));
        Assert.True(HeadersMatch.Matches(new AmqpTable { ["x-match"] = "any-with-x", ["x-a"] = 2 }, headers));
    }

    [Fact]
    public void A_void_in_a_headers_binding_asks_for_presence()
    {
        AmqpTable binding = new() { ["a"] = null };

        Assert.True(HeadersMatch.Matches(binding, new AmqpTable { ["a"] = "anything" }));
        Assert.False(HeadersMatch.Matches(binding, new AmqpTable { ["b"] = "anything" }));
        Assert.False(HeadersMatch.Matches(binding, null));
    }

    [Fact]
    public void An_unknown_x_match_is_refused_with_RabbitMQs_text()
    {
        AmqpErrorException error = Assert.Throws<AmqpErrorException>(() => HeadersMatch.Check(new AmqpTable { ["x-match"] = "some" }));

        Assert.Equal(406, error.Code);
        Assert.Contains("expected all, any, all-with-x, or any-with-x", error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_comes_once_to_a_queue_bound_twice()
    {
        TestModel model = new();
        Exchange exchange = model.Exchange("x", ExchangeType.Topic);
        Queue queue = model.Queue("q");
        model.Host.Bind(exchange, queue, "a.#", new AmqpTable());
        model.Host.Bind(exchange, queue, "#.b", new AmqpTable());

        Assert.Equal([queue], exchange.Route(new FakeMessage("x", "a.b")));
    }

    [Fact]
    public void Exchanges_in_a_circle_are_passed_once()
    {
        TestModel model = new();
        Exchange first = model.Exchange("x1", ExchangeType.Fanout);
        Exchange second = model.Exchange("x2", ExchangeType.Fanout);
        Queue queue = model.Queue("q");
        model.Host.Bind(first, second, "", new AmqpTable());
        model.Host.Bind(second, first, "", new AmqpTable());
        model.Host.Bind(second, queue, "", new AmqpTable());

        Assert.Equal([queue], first.Route(new FakeMessage("x1", "k")));
    }

    [Fact]
    public void What_nothing_takes_goes_to_the_alternate_exchange()
    {
        TestModel model = new();
        Exchange alternate = model.Exchange("ae", ExchangeType.Fanout);
        Exchange exchange = model.Exchange("x", ExchangeType.Direct, alternate: "ae");
        Queue lost = model.Queue("lost");
        Queue found = model.Queue("found");
        model.Host.Bind(alternate, lost, "", new AmqpTable());
        model.Host.Bind(exchange, found, "k", new AmqpTable());

        Assert.Equal([found], exchange.Route(new FakeMessage("x", "k")));
        Assert.Equal([lost], exchange.Route(new FakeMessage("x", "other")));
    }

    [Fact]
    public void Carbon_copies_are_routing_keys_of_their_own()
    {
        TestModel model = new();
        Queue first = model.Queue("q1");
        Queue second = model.Queue("q2");

        Assert.Equal([first, second], model.Host.GetExchange("").Route(new FakeMessage("", "q1") { ExtraKeys = ["q2", "q1", "none"] }));
    }

    [Fact]
    public void Remembered_routes_follow_the_bindings()
    {
        TestModel model = new();
        Exchange exchange = model.Exchange("x", ExchangeType.Direct);
        Queue queue = model.Queue("q");
        Assert.Empty(exchange.Route(new FakeMessage("x", "k")));

        model.Host.Bind(exchange, queue, "k", new AmqpTable());
        Assert.Single(exchange.Route(new FakeMessage("x", "k")));

        model.Host.Unbind(exchange, queue, "k", new AmqpTable());
        Assert.Empty(exchange.Route(new FakeMessage("x", "k")));
    }

    [Fact]
    public void An_auto_delete_exchange_goes_with_its_last_binding()
    {
        TestModel model = new();
        Exchange source = model.Exchange("source", ExchangeType.Fanout, autoDelete: true);
        Exchange middle = model.Exchange("middle", ExchangeType.Fanout, autoDelete: true);
        Queue queue = model.Queue("q");
        model.Host.Bind(source, middle, "", new AmqpTable());
        model.Host.Bind(middle, queue, "", new AmqpTable());

        model.Host.DeleteQueue(queue);

        Assert.Null(model.Host.FindExchange("middle"));
        Assert.Null(model.Host.FindExchange("source"));
    }
}
