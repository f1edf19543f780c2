using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ResilientRabbit.Consuming;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class IdleWatchTests
{
    private readonly SubscriptionCounters _counters = new();
    private readonly ManualTimeProvider _time = new();
    private QueueSpec? _spec;
    private int _looks;
    private QueueDeclareOk _queue = new("orders", 10, 1);

    [Fact]
    public async Task A_consumer_that_gets_nothing_although_messages_are_ready_is_replaced_at_the_second_look()
    {
        IdleWatch watch = NewWatch();

        Assert.Null(await LookAsync(watch));
        Assert.Equal("10 messages are ready and none is delivered", await LookAsync(watch));
    }

    [Fact]
    public async Task A_consumer_that_the_broker_does_not_know_is_replaced_again_and_again()
    {
        _queue = new QueueDeclareOk("orders", 0, 0);
        IdleWatch watch = NewWatch();

        for (int round = 0; round < 10; round++)
        {
            Assert.Null(await LookAsync(watch));
            Assert.Equal("the broker knows no consumer of the queue", await LookAsync(watch));
        }
    }

    [Fact]
    public async Task A_standby_is_left_alone_once_new_subscriptions_have_changed_nothing()
    {
        _queue = new QueueDeclareOk("orders", 10, 2);
        IdleWatch watch = NewWatch();

        Assert.Equal(2, await CountReplacementsAsync(watch, 100));
        Assert.Equal(TimeSpan.FromSeconds(10), watch.Interval);
    }

    [Fact]
    public async Task A_standby_is_not_replaced_at_all_where_the_declaration_says_what_it_is()
    {
        _spec = new QueueSpec { Name = "orders", Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-single-active-consumer"] = true } };
        _queue = new QueueDeclareOk("orders", 10, 2);

        Assert.Equal(0, await CountReplacementsAsync(NewWatch(), 100));
    }

    [Fact]
    public async Task A_standby_that_is_the_last_one_and_still_gets_nothing_is_replaced()
    {
        _queue = new QueueDeclareOk("orders", 10, 2);
        IdleWatch watch = NewWatch();
        await CountReplacementsAsync(watch, 100);

        _queue = new QueueDeclareOk("orders", 10, 1);

        Assert.Equal(1, await CountReplacementsAsync(watch, 2));
    }

    [Fact]
    public async Task A_standby_that_was_active_meanwhile_is_watched_as_before()
    {
        _queue = new QueueDeclareOk("orders", 10, 2);
        IdleWatch watch = NewWatch();
        await CountReplacementsAsync(watch, 100);

        _counters.AddReceived(1);
        _counters.AddFinished();
        Assert.Null(await LookAsync(watch));

        Assert.Equal(2, await CountReplacementsAsync(watch, 100));
    }

    [Fact]
    public async Task A_consumer_without_room_is_not_silent()
    {
        IdleWatch watch = NewWatch();
        for (int number = 0; number < 5; number++)
        {
            _counters.AddReceived(1);
        }

        Assert.Equal(0, await CountReplacementsAsync(watch, 10));
    }

    [Fact]
    public async Task A_consumer_whose_acknowledgements_wait_for_others_has_no_room_at_the_broker()
    {
        IdleWatch watch = NewWatch();
        for (int number = 0; number < 4; number++)
        {
            _counters.AddReceived(1);
        }

        for (int look = 0; look < 10; look++)
        {
            Assert.Null(await watch.CheckAsync("tag", AnswerAsync, CancellationToken.None, gathered: 1));
        }

        Assert.Equal(0, _looks);
        Assert.Null(await LookAsync(watch));
        Assert.NotNull(await LookAsync(watch));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_of_which_the_broker_counts_no_consumer_is_not_read_again_and_again(bool isDeclared)
    {
        var options = new ConsumerOptions { Prefetch = 5 };
        if (isDeclared)
        {
            _spec = new QueueSpec { Name = "orders", Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "stream" } };
        }
        else
        {
            options.Arguments["x-stream-offset"] = "first";
        }

        _queue = new QueueDeclareOk("orders", 10, 0);
        IdleWatch watch = NewWatch(options);
        Stream(10);

        Assert.Equal(0, await CountReplacementsAsync(watch, 20));
        Assert.Equal((0, TimeSpan.FromSeconds(10)), (_looks, watch.Interval));
    }

    [Fact]
    public async Task The_sudden_end_of_a_stream_of_messages_is_looked_into_at_once()
    {
        IdleWatch watch = NewWatch();
        Stream(10);
        Assert.Null(await LookAsync(watch));
        Assert.True(watch.Interval < TimeSpan.FromSeconds(2));

        // Without its leader the queue does not answer; when it has one again, the consumer that still gets nothing is replaced at the second look.
        for (int look = 0; look < 5; look++)
        {
            Assert.Null(await watch.CheckAsync("tag", static _ => throw new OperationCanceledException(), CancellationToken.None));
            Assert.True(watch.Interval < TimeSpan.FromSeconds(2));
        }

        Assert.Null(await LookAsync(watch));
        Assert.True(watch.Interval < TimeSpan.FromSeconds(2));
        Assert.NotNull(await LookAsync(watch));
    }

    [Fact]
    public async Task A_queue_that_is_empty_after_a_stream_of_messages_is_looked_at_once()
    {
        _queue = new QueueDeclareOk("orders", 0, 1);
        IdleWatch watch = NewWatch();
        Stream(100);
        Assert.Null(await LookAsync(watch));
        Assert.Null(await LookAsync(watch));

        Assert.Equal(TimeSpan.FromSeconds(10), watch.Interval);
    }

    [Fact]
    public async Task A_consumer_with_work_is_looked_into_when_it_is_done_and_given_the_usual_time_when_it_is_not()
    {
        IdleWatch watch = NewWatch();
        Stream(10);
        _counters.AddReceived(1);
        Assert.Null(await LookAsync(watch));
        for (int look = 0; look < 4; look++)
        {
            Assert.Null(await LookAsync(watch));
            Assert.Equal(TimeSpan.FromSeconds(1), watch.Interval);
        }

        Assert.Equal(0, _looks);
        Assert.Null(await LookAsync(watch));
        Assert.Equal(TimeSpan.FromSeconds(10), watch.Interval);

        Stream(10);
        Assert.Null(await LookAsync(watch));
        Assert.Null(await LookAsync(watch));
        _counters.AddFinished();
        Assert.Null(await LookAsync(watch));
        Assert.NotNull(await LookAsync(watch));
    }

    private void Stream(int count)
    {
        for (int number = 0; number < count; number++)
        {
            _counters.AddReceived(1);
            _counters.AddFinished();
        }
    }

    private IdleWatch NewWatch(ConsumerOptions? options = null) => new(ConsumerSettings.From("orders", options ?? new ConsumerOptions { Prefetch = 5 }), _counters, () => _spec, NullLogger.Instance, _time);

    private Task<string?> LookAsync(IdleWatch watch) => watch.CheckAsync("tag", AnswerAsync, CancellationToken.None);

    private Task<QueueLook> AnswerAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return Task.FromResult(new QueueLook(_queue, TimeSpan.Zero));
    }

    private async Task<int> CountReplacementsAsync(IdleWatch watch, int looks)
    {
        int replacements = 0;
        for (int look = 0; look < looks; look++)
        {
            if (await LookAsync(watch) is not null)
            {
                replacements++;
                watch.Restart(null);
            }
        }

        return replacements;
    }
}
