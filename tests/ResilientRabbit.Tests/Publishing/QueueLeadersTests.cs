using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What is known of the leaders of queues: asked for in the background, bounded, and no longer believed when it is old.</summary>
public sealed class QueueLeadersTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    private readonly ManualTimeProvider _time = new();
    private readonly FakeLeaderResolver _resolver = new();
    private int _rounds;

    [Fact]
    public async Task Looking_up_does_not_wait_and_the_answer_is_there_afterwards()
    {
        var held = new TaskCompletionSource();
        _resolver.Held = held.Task;
        _resolver.Leader = static destination => "node of " + destination.RoutingKey;
        using QueueLeaders leaders = NewLeaders();

        Assert.Null(leaders.NodeOf("", "orders"));
        await _resolver.AskedAsync(1);
        Assert.Null(leaders.NodeOf("", "orders"));
        held.SetResult();
        await FirstRoundAsync();

        Assert.Equal("node of orders", leaders.NodeOf("", "orders"));
        Assert.Equal(new QueueLeaderQuery("shop", "", "orders"), Assert.Single(_resolver.Asked));
    }

    [Fact]
    public async Task A_leader_that_has_moved_is_found_in_the_next_round()
    {
        string leader = "a";
        _resolver.Leader = _ => Volatile.Read(ref leader);
        using QueueLeaders leaders = NewLeaders();
        leaders.NodeOf("", "orders");
        await FirstRoundAsync();
        Volatile.Write(ref leader, "b");
        Assert.Equal("a", leaders.NodeOf("", "orders"));

        await RoundAsync();

        Assert.Equal("b", leaders.NodeOf("", "orders"));
    }

    [Fact]
    public async Task A_queue_that_has_no_leader_any_more_is_known_to_have_none()
    {
        _resolver.Leader = static _ => "a";
        using QueueLeaders leaders = NewLeaders();
        leaders.NodeOf("", "orders");
        await FirstRoundAsync();
        _resolver.Leader = static _ => " ";
        leaders.NodeOf("", "orders");

        await RoundAsync();

        Assert.Null(leaders.NodeOf("", "orders"));
    }

    [Fact]
    public async Task An_answer_outlives_failures_for_three_intervals_and_no_longer()
    {
        _resolver.Leader = static _ => "a";
        using QueueLeaders leaders = NewLeaders();
        leaders.NodeOf("", "orders");
        await FirstRoundAsync();
        _resolver.Leader = static _ => throw new InvalidOperationException("down");
        List<string?> seen = [];
        for (int round = 0; round <= QueueLeaders.Patience; round++)
        {
            seen.Add(leaders.NodeOf("", "orders"));
            await RoundAsync();
        }

        Assert.Equal(["a", "a", "a", null], seen);
    }

    [Fact]
    public async Task A_resolver_that_never_answers_is_given_up_and_asked_again()
    {
        _resolver.Held = new TaskCompletionSource().Task;
        using QueueLeaders leaders = NewLeaders(TimeSpan.FromSeconds(3));
        leaders.NodeOf("", "orders");
        await _resolver.AskedAsync(1);

        _time.Advance(TimeSpan.FromSeconds(3));
        await FirstRoundAsync();
        leaders.NodeOf("", "orders");
        _time.Advance(Interval);

        await _resolver.AskedAsync(2);
    }

    [Fact]
    public async Task A_resolver_that_heeds_no_token_is_not_called_again_and_again()
    {
        _resolver.Holding = new TaskCompletionSource().Task;
        using QueueLeaders leaders = NewLeaders(TimeSpan.FromSeconds(3));
        for (int round = 1; round <= 10; round++)
        {
            int wanted = round;
            leaders.NodeOf("", "orders");
            _time.Advance(Interval);
            await _resolver.Watch.UntilAsync(() => Volatile.Read(ref _rounds) >= wanted || _time.IsWaiting(TimeSpan.FromSeconds(3)), "the call, or the round's end");
            _time.Advance(TimeSpan.FromSeconds(3));
            await _resolver.Watch.UntilAsync(() => Volatile.Read(ref _rounds) >= wanted, $"round {wanted}");
        }

        Assert.InRange(_resolver.Asked.Count, 1, QueueLeaders.MostHanging);
    }

    [Fact]
    public async Task A_callback_of_the_resolver_that_throws_at_the_time_limit_ends_nothing_but_itself()
    {
        _resolver.Held = new TaskCompletionSource().Task;
        _resolver.Asking = static token => token.Register(static () => throw new InvalidOperationException("a drill"));
        using QueueLeaders leaders = NewLeaders(TimeSpan.FromSeconds(3));
        leaders.NodeOf("", "orders");
        await _resolver.AskedAsync(1);

        // What comes out of here would end the process on a timer of the runtime.
        _time.Advance(TimeSpan.FromSeconds(3));

        await FirstRoundAsync();
    }

    [Fact]
    public async Task A_destination_that_fails_does_not_keep_the_others_from_their_answers()
    {
        _resolver.Leader = static query => query.RoutingKey is "bad" ? throw new InvalidOperationException("not yours") : "a";
        using QueueLeaders leaders = NewLeaders();
        leaders.NodeOf("", "bad");
        await FirstRoundAsync();
        leaders.NodeOf("", "good");
        await _resolver.AskedAsync(2);
        for (int round = 0; round < 4; round++)
        {
            leaders.NodeOf("", "bad");
            leaders.NodeOf("", "good");
            await RoundAsync();
        }

        Assert.Equal((null, "a"), (leaders.NodeOf("", "bad"), leaders.NodeOf("", "good")));
        Assert.True(_resolver.Asked.Count(static query => query.RoutingKey is "good") > 2);
    }

    [Fact]
    public async Task So_many_destinations_are_looked_after_and_unused_ones_make_room()
    {
        _resolver.Leader = static query => query.RoutingKey;
        using QueueLeaders leaders = NewLeaders();
        for (int number = 0; number < QueueLeaders.MaxDestinations + 20; number++)
        {
            leaders.NodeOf("", FormattableString.Invariant($"q{number}"));
        }

        await _resolver.AskedAsync(QueueLeaders.MaxDestinations);
        leaders.NodeOf("", "another");
        int asked = QueueLeaders.MaxDestinations;
        for (int round = 0; round <= QueueLeaders.Patience && !_resolver.Asked.Any(static query => query.RoutingKey is "another"); round++)
        {
            // The one in use is asked for in each round; the others no more, after a while.
            leaders.NodeOf("", "q0");
            _time.Advance(Interval);
            await _resolver.AskedAsync(++asked);
            leaders.NodeOf("", "another");
        }

        await _resolver.Watch.UntilAsync(() => _resolver.Asked.Any(static query => query.RoutingKey is "another"), "room for another one");
        Assert.DoesNotContain(_resolver.Asked, static query => query.RoutingKey is "q64" or "q83");
    }

    [Fact]
    public async Task A_resolver_that_fails_is_told_of_once_a_minute_and_by_the_type_of_its_exception_only()
    {
        const int Rounds = 13;
        var log = new LineLog();
        _resolver.Leader = static _ => throw new InvalidOperationException("the password is hunter2");
        using QueueLeaders leaders = NewLeaders(logger: log);
        leaders.NodeOf("", "orders");
        await FirstRoundAsync();
        for (int round = 0; round < Rounds; round++)
        {
            leaders.NodeOf("", "orders");
            await RoundAsync();
        }

        Assert.Equal(Rounds + 1, _resolver.Asked.Count);
        Assert.Equal(3, log.Lines.Count);
        Assert.All(log.Lines, static line => Assert.Equal("The resolver of queue leaders fails: InvalidOperationException. Lanes stay where they are; it is asked again.", line));
    }

    [Fact]
    public async Task Nothing_is_asked_after_the_end()
    {
        using QueueLeaders leaders = NewLeaders();
        leaders.NodeOf("", "orders");
        await _resolver.AskedAsync(1);

        leaders.Dispose();
        leaders.NodeOf("", "orders");
        leaders.NodeOf("", "more");
        _time.Advance(Interval * 5);

        Assert.Single(_resolver.Asked);
    }

    private QueueLeaders NewLeaders(TimeSpan? timeout = null, ILogger? logger = null) => new(_resolver, "shop", Interval, timeout ?? Timeout, logger ?? NullLogger.Instance, _time)
    {
        Refreshed = () =>
        {
            Interlocked.Increment(ref _rounds);
            _resolver.Watch.Changed();
        },
    };

    private Task FirstRoundAsync() => _resolver.Watch.UntilAsync(() => Volatile.Read(ref _rounds) > 0, "the first round");

    private async Task RoundAsync()
    {
        int before = Volatile.Read(ref _rounds);
        _time.Advance(Interval);
        await _resolver.Watch.UntilAsync(() => Volatile.Read(ref _rounds) > before, "the next round");
    }

    private sealed class LineLog : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));
    }
}
