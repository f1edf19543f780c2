using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ResilientRabbit.Consuming;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>How soon a consumer that gets nothing is found, and what that asks of the broker.</summary>
public sealed class IdleWatchPaceTests
{
    private readonly SubscriptionCounters _counters = new();
    private readonly ManualTimeProvider _time = new();
    private TaskCompletionSource<QueueLook>? _answer;
    private QueueDeclareOk _queue = new("orders", 10, 1);
    private int _looks;

    [Fact]
    public async Task In_an_outage_after_a_stream_the_next_look_follows_an_unanswered_one_at_once_and_later_more_slowly()
    {
        IdleWatch watch = NewWatch();
        Stream(10);
        Assert.Null(await LookAsync(watch));
        TimeSpan quick = TimeSpan.Zero;
        TimeSpan slow = TimeSpan.Zero;
        for (int look = 0; look < 100; look++)
        {
            Assert.Null(await watch.CheckAsync("tag", static _ => throw new OperationCanceledException(), CancellationToken.None));
            if (watch.Interval <= TimeSpan.FromSeconds(0.25))
            {
                quick += watch.Interval + TimeSpan.FromSeconds(0.5);
            }
            else if (watch.Interval <= TimeSpan.FromSeconds(1))
            {
                slow += watch.Interval + TimeSpan.FromSeconds(1);
            }
        }

        Assert.InRange(quick, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(25));
        Assert.InRange(slow, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(90));
        Assert.Equal(TimeSpan.FromSeconds(10), watch.Interval);
    }

    [Fact]
    public async Task A_consumer_that_the_broker_does_not_know_after_a_stream_is_replaced_within_half_a_second()
    {
        _queue = new QueueDeclareOk("orders", 1, 0);
        IdleWatch watch = NewWatch();
        Stream(10);
        Assert.Null(await LookAsync(watch));
        Assert.Null(await LookAsync(watch));

        Assert.InRange(watch.Interval, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.5));
        Assert.NotNull(await LookAsync(watch));
    }

    [Fact]
    public async Task A_quorum_queue_that_answers_without_its_leader_is_not_taken_for_one_that_has_lost_the_consumer()
    {
        // 3.10 waits 250 milliseconds for the leader, and says that there is nothing.
        _queue = new QueueDeclareOk("orders", 0, 0);
        IdleWatch watch = NewWatch();
        Stream(10);
        Assert.Null(await LookAsync(watch));
        for (int look = 0; look < 10; look++)
        {
            Assert.Null(await watch.CheckAsync("tag", Late, CancellationToken.None));
            Assert.Equal(TimeSpan.FromSeconds(0.25), watch.Interval);
        }

        // A leader that is there answers at once; then it is the truth.
        Assert.Null(await LookAsync(watch));
        Assert.InRange(watch.Interval, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        Assert.NotNull(await LookAsync(watch));

        Task<QueueLook> Late(CancellationToken cancellationToken)
        {
            _time.Advance(TimeSpan.FromSeconds(0.25));
            return Task.FromResult(new QueueLook(_queue, TimeSpan.Zero));
        }
    }

    [Fact]
    public async Task A_lost_consumer_of_an_empty_queue_is_found_on_a_broker_that_is_a_tenth_of_a_second_away()
    {
        _queue = new QueueDeclareOk("orders", 0, 0);
        IdleWatch watch = NewWatch();

        Assert.Null(await watch.CheckAsync("tag", Far, CancellationToken.None));
        Assert.Equal("the broker knows no consumer of the queue", await watch.CheckAsync("tag", Far, CancellationToken.None));

        // One way and back for the channel, and once more for the question.
        Task<QueueLook> Far(CancellationToken cancellationToken)
        {
            _time.Advance(TimeSpan.FromSeconds(0.2));
            return Task.FromResult(new QueueLook(_queue, TimeSpan.FromSeconds(0.1)));
        }
    }

    [Fact]
    public async Task Many_consumers_of_a_client_do_not_all_look_at_the_same_time()
    {
        using var looks = new SemaphoreSlim(8);
        _answer = new TaskCompletionSource<QueueLook>();
        List<Task<string?>> looking = [];
        for (int number = 0; number < 50; number++)
        {
            IdleWatch watch = NewWatch(looks);
            Stream(10);
            Assert.Null(await LookAsync(watch));
            looking.Add(LookAsync(watch));
        }

        Assert.Equal(8, _looks);
        _answer.SetResult(new QueueLook(new QueueDeclareOk("orders", 0, 1), TimeSpan.Zero));
        await Task.WhenAll(looking).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((50, 8), (_looks, looks.CurrentCount));
    }

    [Fact]
    public async Task A_stream_that_begins_is_noticed_at_once_so_that_its_end_is()
    {
        IdleWatch watch = NewWatch();
        Task next = watch.WaitForNextAsync(CancellationToken.None);
        Stream(9);
        Assert.False(next.IsCompleted);

        Stream(1);
        await next.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(await LookAsync(watch));

        Assert.Equal((0, TimeSpan.FromSeconds(1)), (_looks, watch.Interval));

        // The last ones of a stream may be few: its end is seen as early.
        Stream(1);
        Assert.Null(await LookAsync(watch));
        Assert.Equal((0, TimeSpan.FromSeconds(1)), (_looks, watch.Interval));
        Assert.Null(await LookAsync(watch));
        Assert.Equal(1, _looks);
    }

    [Fact]
    public async Task Where_nothing_flowed_an_unanswered_look_is_followed_by_others_for_a_while()
    {
        IdleWatch watch = NewWatch();
        Assert.Equal(TimeSpan.FromSeconds(10), watch.Interval);
        int soon = 0;
        for (int look = 0; look < 100; look++)
        {
            Assert.Null(await watch.CheckAsync("tag", static _ => throw new OperationCanceledException(), CancellationToken.None));
            soon += watch.Interval <= TimeSpan.FromSeconds(1) ? 1 : 0;
        }

        Assert.InRange(soon, 20, 60);
        Assert.Equal(TimeSpan.FromSeconds(10), watch.Interval);
    }

    [Fact]
    public async Task A_consumer_that_waits_for_its_turn_to_look_learns_of_its_end_at_once()
    {
        using var nobodysTurn = new SemaphoreSlim(0);
        using var channel = new EndingChannel();
        IdleWatch watch = NewWatch(nobodysTurn);
        Task<ConsumerEnd> ending = watch.WaitForEndAsync(channel, TimeSpan.FromSeconds(10), CancellationToken.None);
        Stream(10);
        await UntilAsync(() => _time.IsWaiting(TimeSpan.FromSeconds(1)));
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => channel.Looks == 2);

        channel.End();

        Assert.Equal(ConsumerEndReason.CancelledByBroker, (await ending.WaitAsync(TimeSpan.FromSeconds(10))).Reason);
        Assert.Equal(0, nobodysTurn.CurrentCount);
    }

    [Fact]
    public async Task A_consumer_with_deliveries_that_wait_for_room_is_not_silent()
    {
        using var channel = new EndingChannel { HasWaiting = true };
        Task<ConsumerEnd> ending = NewWatch().WaitForEndAsync(channel, TimeSpan.FromSeconds(10), CancellationToken.None);
        for (int look = 1; look <= 5 && !ending.IsCompleted; look++)
        {
            await UntilAsync(() => _time.UntilNext() is not null);
            _time.Advance(_time.UntilNext()!.Value);
            await UntilAsync(() => ending.IsCompleted || channel.Looks == look);
        }

        channel.End();

        Assert.Equal(ConsumerEndReason.CancelledByBroker, (await ending.WaitAsync(TimeSpan.FromSeconds(10))).Reason);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private IdleWatch NewWatch(SemaphoreSlim? looks = null) => new(ConsumerSettings.From("orders", new ConsumerOptions { Prefetch = 5 }), _counters, static () => null, NullLogger.Instance, _time, looks);

    private Task<string?> LookAsync(IdleWatch watch) => watch.CheckAsync("tag", AnswerAsync, CancellationToken.None);

    private Task<QueueLook> AnswerAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return _answer?.Task ?? Task.FromResult(new QueueLook(_queue, TimeSpan.Zero));
    }

    private void Stream(int count)
    {
        for (int number = 0; number < count; number++)
        {
            _counters.AddReceived(1);
            _counters.AddFinished();
        }
    }

    private sealed class EndingChannel : IWatchedChannel, IDisposable
    {
        private readonly CancellationTokenSource _dead = new();
        private readonly TaskCompletionSource<ConsumerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _looks;

        public Task<ConsumerEnd> Ended => _ended.Task;

        public CancellationToken Token => _dead.Token;

        public string ConsumerTag => "tag";

        public string? BrokerVersion => null;

        public bool HasWaiting { get; init; }

        public int Looks => Volatile.Read(ref _looks);

        /// <summary>Asked for before each look.</summary>
        public int Gathered
        {
            get
            {
                Interlocked.Increment(ref _looks);
                return 0;
            }
        }

        public Task<QueueLook> InspectQueueAsync(TimeSpan limit, CancellationToken cancellationToken) => Task.FromResult(new QueueLook(new QueueDeclareOk("orders", 10, 1), TimeSpan.Zero));

        public void End()
        {
            _ended.SetResult(new ConsumerEnd(ConsumerEndReason.CancelledByBroker, "cancelled"));
            _dead.Cancel();
        }

        public void Dispose() => _dead.Dispose();
    }
}
