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
        { "StopTimeout", static options => options.StopTimeout = Timeout.InfiniteTimeSpan },
        { "DeadLetterQueue", static options => options.DeadLetterQueue = "orders" },
        { "DeadLetterQueue", static options => options.DeadLetterQueue = "amq.parked" },
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
    public void A_queue_whose_retry_queue_would_have_too_long_a_name_is_refused()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ConsumerSettings.From(new string('q', 245), new ConsumerOptions { DeadLetterQueue = "dead" }));

        Assert.Contains("256 bytes", exception.Message, StringComparison.Ordinal);
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
