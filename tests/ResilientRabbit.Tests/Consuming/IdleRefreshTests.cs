using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ResilientRabbit.Consuming;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>Consumers that are replaced although nothing seems wrong.</summary>
public sealed class IdleRefreshTests
{
    private readonly SubscriptionCounters _counters = new();
    private readonly ManualTimeProvider _time = new();
    private QueueSpec? _spec;
    private QueueDeclareOk _queue = new("orders", 10, 1);

    [Theory]
    [InlineData(QueueType.Quorum, "3.10.8", true)]
    [InlineData(QueueType.Quorum, "4.1.0", false)]
    [InlineData(QueueType.Quorum, null, false)]
    [InlineData(QueueType.Classic, "3.10.8", false)]
    public async Task Where_the_broker_may_swallow_deliveries_a_quiet_consumer_is_replaced_within_30_seconds(QueueType type, string? version, bool expected)
    {
        _spec = new QueueSpec { Name = "orders", Type = type };
        _queue = new QueueDeclareOk("orders", 0, 1);
        IdleWatch watch = NewWatch();
        watch.Restart(version);
        TimeSpan quiet = TimeSpan.Zero;
        while (!watch.IsRefreshDue && quiet <= TimeSpan.FromMinutes(10))
        {
            quiet += watch.Interval;
            _time.Advance(watch.Interval);
            Assert.Null(await LookAsync(watch));
        }

        Assert.Equal(expected, quiet <= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_quorum_queue_is_known_by_its_argument_as_well()
    {
        _spec = new QueueSpec { Name = "orders", Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" } };
        IdleWatch watch = NewWatch();
        watch.Restart("3.10.8");
        _time.Advance(TimeSpan.FromSeconds(25));

        Assert.True(watch.IsRefreshDue);
    }

    [Fact]
    public void A_single_active_consumer_does_not_give_its_place_away()
    {
        _spec = new QueueSpec { Name = "orders", Type = QueueType.Quorum, Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-single-active-consumer"] = true } };
        IdleWatch watch = NewWatch();
        watch.Restart("3.10.8");
        _time.Advance(TimeSpan.FromHours(1));

        Assert.False(watch.IsRefreshDue);
    }

    [Fact]
    public async Task A_consumer_with_work_or_news_is_not_replaced_for_its_silence()
    {
        _spec = new QueueSpec { Name = "orders", Type = QueueType.Quorum };
        _queue = new QueueDeclareOk("orders", 0, 1);
        IdleWatch watch = NewWatch();
        watch.Restart("3.10.8");
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.True(watch.IsRefreshDue);

        _counters.AddReceived(1);
        Assert.False(watch.IsRefreshDue);
        Assert.Null(await LookAsync(watch));
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.False(watch.IsRefreshDue);
        _counters.AddFinished();
        Assert.True(watch.IsRefreshDue);
    }

    [Fact]
    public async Task The_end_of_a_stream_is_enough_where_the_broker_may_swallow_deliveries_but_not_of_every_burst()
    {
        _spec = new QueueSpec { Name = "orders", Type = QueueType.Quorum };
        _queue = new QueueDeclareOk("orders", 0, 1);
        IdleWatch watch = NewWatch();
        watch.Restart("3.10.8");
        Assert.True(await EndStreamAsync(watch) < TimeSpan.FromSeconds(1.5));

        // Set up anew, and the next burst ends: ten seconds later it may be done again.
        watch.NoteRefresh();
        watch.Restart("3.10.8");
        Assert.InRange(await EndStreamAsync(watch), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(11));
        watch.NoteRefresh();
        watch.Restart("3.10.8");
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.True(await EndStreamAsync(watch) < TimeSpan.FromSeconds(1.5));
    }

    [Theory]
    [InlineData("4.0.5", false)]
    [InlineData("3.10.8", true)]
    public async Task The_end_of_a_stream_means_nothing_where_nothing_is_swallowed_or_the_consumer_is_never_to_be_replaced(string version, bool isOff)
    {
        _spec = new QueueSpec { Name = "orders", Type = QueueType.Quorum };
        _queue = new QueueDeclareOk("orders", 0, 1);
        IdleWatch watch = NewWatch(isOff ? Timeout.InfiniteTimeSpan : null);
        watch.Restart(version);

        Assert.True(await EndStreamAsync(watch) > TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_consumer_that_turns_out_to_be_a_standby_after_a_stream_is_not_looked_at_without_a_pause()
    {
        _spec = new QueueSpec { Name = "orders", Type = QueueType.Quorum };
        _queue = new QueueDeclareOk("orders", 0, 1);
        IdleWatch watch = NewWatch();
        watch.Restart("3.10.8");
        await EndStreamAsync(watch);
        _queue = new QueueDeclareOk("orders", 10, 2);

        for (int look = 0; look < 20; look++)
        {
            await LookAsync(watch);
            Assert.True(watch.Interval >= TimeSpan.FromSeconds(0.1), $"{watch.Interval}");
            _time.Advance(watch.Interval);
        }
    }

    /// <summary>How long after the last message of a stream the consumer is replaced.</summary>
    private async Task<TimeSpan> EndStreamAsync(IdleWatch watch)
    {
        Stream(10);
        Assert.Null(await LookAsync(watch));
        Stream(1);
        TimeSpan quiet = TimeSpan.Zero;
        while (!watch.IsRefreshDue && quiet < TimeSpan.FromMinutes(6))
        {
            quiet += watch.Interval;
            _time.Advance(watch.Interval);
            Assert.Null(await LookAsync(watch));
        }

        return quiet;
    }

    private void Stream(int count)
    {
        for (int number = 0; number < count; number++)
        {
            _counters.AddReceived(1);
            _counters.AddFinished();
        }
    }

    private IdleWatch NewWatch(TimeSpan? refreshAfter = null)
        => new(ConsumerSettings.From("orders", new ConsumerOptions { Prefetch = 5, RefreshIdleAfter = refreshAfter }), _counters, () => _spec, NullLogger.Instance, _time);

    private Task<string?> LookAsync(IdleWatch watch) => watch.CheckAsync("tag", _ => Task.FromResult(new QueueLook(_queue, TimeSpan.Zero)), CancellationToken.None);
}
