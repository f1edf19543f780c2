using ResilientRabbit.Declaring;
using Xunit;

namespace ResilientRabbit.Tests.Declaring;

public sealed class DeclarationRegistryTests
{
    private static readonly Topology Shop = new TopologyBuilder()
        .Bind("orders", "shop", "order.*.eu")
        .Queue("orders")
        .Exchange("shop", "topic")
        .Build();

    private readonly DeclarationRegistry _registry = new();

    [Theory]
    [InlineData("", "orders", true)]
    [InlineData("", "other", false)]
    [InlineData("shop", "order.new.eu", true)]
    [InlineData("shop", "order.new.us", false)]
    [InlineData("other", "order.new.eu", false)]
    public void A_target_is_known_when_what_routes_to_it_is_declared_here(string exchange, string routingKey, bool isKnown)
    {
        _registry.Request(Shop);

        Assert.Equal(isKnown, _registry.Knows(exchange, routingKey));
    }

    [Fact]
    public void Exchanges_come_before_queues_before_bindings_and_those_that_failed_come_last()
    {
        _registry.Request(Shop);
        Assert.Equal(["shop", "orders", "orders<-shop"], Due());

        _registry.Postponed(_registry.Due()[0]);

        Assert.Equal(["orders", "orders<-shop", "shop"], Due());
    }

    [Fact]
    public async Task The_first_pass_is_over_when_each_entity_was_tried()
    {
        Assert.True(_registry.EveryEntryTried.IsCompleted);
        Task<TopologyException?>[] outcomes = _registry.Request(Shop);
        DeclarationAttempt[] due = _registry.Due();
        Assert.False(_registry.EveryEntryTried.IsCompleted);

        _registry.Succeeded(due[0]);
        _registry.Postponed(due[1]);
        Assert.True(_registry.Refused(due[2], Refusal(404), closesConnections: false));

        Assert.True(_registry.EveryEntryTried.IsCompleted);
        Assert.Null(await outcomes[0]);
        Assert.False(outcomes[1].IsCompleted);
        Assert.Equal(404, (await outcomes[2])!.ReplyCode);
    }

    [Fact]
    public void A_refusal_is_news_once_and_is_tried_again_once_per_connection()
    {
        _registry.Request(new TopologyBuilder().Queue("orders").Build());
        Assert.True(_registry.Refused(_registry.Due()[0], Refusal(406), closesConnections: false));
        Assert.Empty(_registry.Due());

        Assert.True(_registry.RequestAll());

        Assert.False(_registry.Refused(Assert.Single(_registry.Due()), Refusal(406), closesConnections: false));
    }

    [Fact]
    public void What_closed_a_connection_is_tried_again_only_when_the_application_asks()
    {
        Topology topology = new TopologyBuilder().Queue("orders").Build();
        _registry.Request(topology);
        _registry.Refused(_registry.Due()[0], Refusal(540), closesConnections: true);

        Assert.False(_registry.RequestAll());
        _registry.Request(topology);

        Assert.Single(_registry.Due());
    }

    [Fact]
    public void A_result_that_is_older_than_the_request_does_not_settle_it()
    {
        _registry.Request(Shop);
        DeclarationAttempt old = _registry.Due()[0];

        _registry.RequestAll();
        _registry.Succeeded(old);

        Assert.Contains("shop", Due(), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("shop", "order.new.eu", 3)]
    [InlineData("", "orders", 1)]
    [InlineData("", "other", 0)]
    public void Suspecting_a_target_asks_for_what_it_needs(string exchange, string routingKey, int count)
    {
        _registry.Request(Shop);
        foreach (DeclarationAttempt attempt in _registry.Due())
        {
            _registry.Succeeded(attempt);
        }

        Assert.Equal(count, _registry.RequestTarget(exchange, routingKey, out bool isNews).Length);

        Assert.Equal(count > 0, isNews);
        Assert.Equal(count, _registry.Due().Length);
    }

    [Theory]
    [InlineData("NOT_FOUND - no queue 'orders' in vhost '/'", true)]
    [InlineData("NOT_FOUND - no exchange 'elsewhere' in vhost '/'", false)]
    public void A_binding_waits_for_a_missing_queue_of_ours_and_not_for_a_strange_exchange(string replyText, bool mayWait)
    {
        _registry.Request(Shop);

        Assert.Equal(mayWait, _registry.RequestMissing(new BindingSpec { Queue = "orders", Exchange = "elsewhere" }, replyText));
    }

    [Theory]
    [InlineData(404, "NOT_FOUND - home node 'rabbit@b' of durable queue 'q' in vhost '/' is down or inaccessible", false, 0, DeclarationVerdict.Transient)]
    [InlineData(404, "NOT_FOUND - queue 'q' in vhost '/' process is stopped by supervisor", false, 0, DeclarationVerdict.Transient)]
    [InlineData(404, "NOT_FOUND - no exchange 'x' in vhost '/'", false, 0, DeclarationVerdict.Missing)]
    [InlineData(403, "ACCESS_REFUSED", false, 0, DeclarationVerdict.Refused)]
    [InlineData(405, "RESOURCE_LOCKED", false, 0, DeclarationVerdict.Refused)]
    [InlineData(406, "PRECONDITION_FAILED", false, 0, DeclarationVerdict.Refused)]
    [InlineData(503, "COMMAND_INVALID", true, 0, DeclarationVerdict.RefusedWithConnection)]
    [InlineData(540, "NOT_IMPLEMENTED", true, 0, DeclarationVerdict.RefusedWithConnection)]
    [InlineData(541, "INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated.", true, 0, DeclarationVerdict.RefusedWithConnection)]
    [InlineData(541, "INTERNAL_ERROR", true, 0, DeclarationVerdict.Transient)]
    [InlineData(541, "INTERNAL_ERROR", true, 2, DeclarationVerdict.RefusedWithConnection)]
    [InlineData(320, "CONNECTION_FORCED", true, 0, DeclarationVerdict.SessionLost)]
    [InlineData(0, "", true, 0, DeclarationVerdict.SessionLost)]
    [InlineData(0, "", false, 0, DeclarationVerdict.Transient)]
    public void A_reply_says_whether_to_wait_to_give_up_or_to_blame_the_session(int code, string text, bool sessionDead, int failures, object verdict) =>
        Assert.Equal((DeclarationVerdict)verdict, DeclarationFailure.Judge(code, text, sessionDead, failures));

    [Theory]
    [InlineData(503, 0, DeclarationVerdict.Transient)]
    [InlineData(503, 1, DeclarationVerdict.RefusedWithConnection)]
    [InlineData(320, 5, DeclarationVerdict.SessionLost)]
    [InlineData(0, 5, DeclarationVerdict.SessionLost)]
    public void A_session_lost_under_a_declaration_is_blamed_on_it_only_when_that_happens_again(int code, int failures, object verdict) =>
        Assert.Equal((DeclarationVerdict)verdict, DeclarationFailure.JudgeLoss(code, failures));

    [Fact]
    public void An_own_queue_stays_for_as_long_as_somebody_needs_it()
    {
        QueueSpec[] own = [new() { Name = "orders.dead-letter" }];
        _registry.RequestOwn(own);
        _registry.RequestOwn(own);

        _registry.ReleaseOwn(own);
        Assert.NotNull(_registry.FindQueue("orders.dead-letter"));
        _registry.ReleaseOwn(own);

        Assert.Null(_registry.FindQueue("orders.dead-letter"));
        Assert.False(_registry.RequestAll());
    }

    [Fact]
    public async Task Whoever_waits_for_a_queue_that_is_forgotten_waits_no_longer()
    {
        QueueSpec[] own = [new() { Name = "orders.dead-letter" }];
        _registry.RequestOwn(own);
        Task<TopologyException?> waiting = Assert.Single(_registry.RequestTarget("", "orders.dead-letter", out _));
        Assert.False(_registry.EveryEntryTried.IsCompleted);

        _registry.ReleaseOwn(own);

        Assert.True(waiting.IsCompleted && _registry.EveryEntryTried.IsCompleted);
        Assert.Null(await waiting);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_application_declares_is_its_own_whoever_was_first(bool isApplicationFirst)
    {
        QueueSpec[] own = [new() { Name = "orders", Type = QueueType.Classic }];
        if (!isApplicationFirst)
        {
            _registry.RequestOwn(own);
        }

        _registry.Request(new TopologyBuilder().Queue(new QueueSpec { Name = "orders", Type = QueueType.Quorum }).Build());
        if (isApplicationFirst)
        {
            _registry.RequestOwn(own);
        }

        _registry.ReleaseOwn(own);

        Assert.Equal(QueueType.Quorum, _registry.FindQueue("orders")?.Type);
    }

    public static TheoryData<object, object> DifferentValues => new()
    {
        { "eu"u8.ToArray(), "us"u8.ToArray() },
        { 1, "1" },
        { new List<object?> { "a" }, new List<object?> { "b" } },
        { new Dictionary<string, object?>(StringComparer.Ordinal) { ["a"] = 1 }, new Dictionary<string, object?>(StringComparer.Ordinal) { ["a"] = 2 } },
    };

    [Theory]
    [MemberData(nameof(DifferentValues))]
    public void Bindings_that_differ_in_a_value_of_their_arguments_are_two(object one, object other)
    {
        _registry.Request(new TopologyBuilder().Bind(Binding(one)).Bind(Binding(other)).Bind(Binding(one)).Build());

        Assert.Equal(2, _registry.Due().Length);

        static BindingSpec Binding(object value) => new()
        {
            Queue = "orders",
            Exchange = "shop",
            Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-match"] = "all", ["region"] = value },
        };
    }

    private static TopologyException Refusal(int code) => new("queue 'orders'", code, "refused", "refused");

    private string[] Due() => [.. _registry.Due().Select(static attempt => attempt.Spec switch
    {
        ExchangeSpec exchange => exchange.Name,
        QueueSpec queue => queue.Name,
        BindingSpec binding => $"{binding.Queue}<-{binding.Exchange}",
        _ => "",
    })];
}
