using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class ConsumerSettingsTests
{
    public static TheoryData<string, Action<ConsumerOptions>> BadOptions => new()
    {
        { "Prefetch", static options => options.Prefetch = 0 },
        { "Prefetch", static options => options.Prefetch = 65_536 },
        { "Concurrency", static options => options.Concurrency = 0 },
        { "Concurrency", static options => options.Concurrency = 101 },
        { "AckDelay", static options => options.AckDelay = TimeSpan.FromSeconds(-1) },
        { "AckDelay", static options => options.AckDelay = TimeSpan.FromMinutes(2) },
        { "HandlerTimeout", static options => options.HandlerTimeout = TimeSpan.Zero },
        { "OnError", static options => options.OnError = Settlement.Ack },
        { "OnError", static options => options.OnError = (Settlement)9 },
        { "RetryLimit", static options => options.RetryLimit = 0 },
        { "RetryDelays", static options => options.RetryDelays = [TimeSpan.Zero] },
        { "RetryDelays", static options => options.RetryDelays = [TimeSpan.FromDays(60)] },
        { "RetryDelays", static options => options.RetryDelays = [] },
        { "RetryDelays", static options => options.RetryDelays = null! },
        { "RetryDelays", static options => options.RetryDelays = [.. Enumerable.Range(1, 21).Select(static number => TimeSpan.FromSeconds(number))] },
        { "DeliveryLimit", static options => options.DeliveryLimit = 0 },
        { "DeadLetterBy", static options => options.DeadLetterBy = (DeadLetterMethod)9 },
        { "OnMalformed", static options => options.OnMalformed = Settlement.Ack },
        { "Deduplication.Capacity", static options => options.Deduplication = new DeduplicationOptions { Capacity = 0 } },
        { "Deduplication.MaxAge", static options => options.Deduplication = new DeduplicationOptions { MaxAge = TimeSpan.Zero } },
        { "RefreshIdleAfter", static options => options.RefreshIdleAfter = TimeSpan.FromMilliseconds(99) },
        { "StopTimeout", static options => options.StopTimeout = Timeout.InfiniteTimeSpan },
        { "DeadLetterQueue", static options => options.DeadLetterQueue = "orders" },
        { "DeadLetterQueue", static options => options.DeadLetterQueue = "amq.parked" },
        { "DeadLetterQueue", static options => options.DeadLetterQueue = "orders.retry.5000" },
        { "ConsumerTag", static options => options.ConsumerTag = new string('t', 256) },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void A_bad_option_is_refused_by_name(string name, Action<ConsumerOptions> spoil)
    {
        var options = new ConsumerOptions();
        spoil(options);

        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(() => ConsumerSettings.From("orders", options));

        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_queues_for_retrying_and_dead_letters_are_named_after_the_queue()
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", null);

        Assert.Equal("orders.retry.5000", settings.RetryQueueAfter(1));
        Assert.Equal("orders.dead-letter", settings.DeadLetterQueue);
    }

    [Fact]
    public void Each_retry_step_has_its_own_queue_and_the_last_one_stands_for_all_later_attempts()
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", new ConsumerOptions { RetryDelays = [TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)] });

        Assert.Equal(["orders.retry.1000", "orders.retry.60000", "orders.retry.60000"], Enumerable.Range(1, 3).Select(settings.RetryQueueAfter));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_broker_is_asked_to_cancel_at_a_promotion_by_option_only(bool isAsked)
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", new ConsumerOptions { CancelOnHaFailover = isAsked });

        Assert.Equal(isAsked, settings.Arguments.ContainsKey("x-cancel-on-ha-failover"));
    }

    [Fact]
    public void A_queue_whose_retry_queue_would_have_too_long_a_name_is_refused()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ConsumerSettings.From(new string('q', 245), new ConsumerOptions { DeadLetterQueue = "dead" }));

        Assert.Contains("256 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queue_that_the_broker_named_has_retry_queues_that_may_be_declared()
    {
        ConsumerSettings settings = ConsumerSettings.From("amq.gen-x", new ConsumerOptions { DeadLetterQueue = "parked" });

        Assert.Equal("_amq.gen-x.retry.5000", settings.RetryQueueAfter(1));
        Assert.Equal("amq.gen-x", RetryTopology.RetryQueue(settings, TimeSpan.FromSeconds(5), isQuorum: false).DeadLetterRoutingKey);
    }

    [Fact]
    public void Changing_the_options_afterwards_changes_nothing()
    {
        var options = new ConsumerOptions { Prefetch = 7 };
        options.Arguments["x-priority"] = 1;
        ConsumerSettings settings = ConsumerSettings.From("orders", options);

        options.Prefetch = 8;
        options.Arguments["x-priority"] = 2;

        Assert.Equal(7, settings.Prefetch);
        Assert.Equal(1, settings.Arguments["x-priority"]);
    }

    [Fact]
    public void The_retry_queue_leads_back_to_the_queue_and_quorum_hands_over_with_a_confirm()
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", null);

        QueueSpec classic = RetryTopology.RetryQueue(settings, TimeSpan.FromSeconds(5), isQuorum: false);
        QueueSpec quorum = RetryTopology.RetryQueue(settings, TimeSpan.FromSeconds(5), isQuorum: true);

        Assert.Equal(("", "orders", TimeSpan.FromSeconds(5)), (classic.DeadLetterExchange, classic.DeadLetterRoutingKey, classic.MessageTtl));
        Assert.Equal("at-least-once", quorum.Arguments["x-dead-letter-strategy"]);
        Assert.Equal("reject-publish", quorum.Arguments["x-overflow"]);
    }
}
