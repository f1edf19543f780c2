using Microsoft.Extensions.Logging;
using ResilientRabbit.Consuming;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>Whatever one handler does, its message has an outcome and the next one is handled.</summary>
public sealed class WorkerSurvivalTests : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    private readonly SubscriptionCounters _counters = new();
    private readonly FakePublisher _publisher = new();
    private readonly FakeOrigin _origin;

    public WorkerSurvivalTests() => _origin = new FakeOrigin(_counters, TimeProvider.System);

    public void Dispose() => _origin.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_whose_text_throws_is_retried_and_ends_no_worker(bool isLogged)
    {
        int runs = 0;
        Task working = StartAsync(_ => ++runs == 1 ? throw new TextlessException() : new(Settlement.Ack), messages: 2, log: new TextLogger { IsOn = isLogged });

        await working.WaitAsync(TestTimeout);

        Assert.Equal(2, runs);
        Assert.Equal("TextlessException", Assert.Single(_publisher.Published).Properties!.Headers["x-retry-reason"]);
        Assert.Equal(["ack 1", "ack 2"], _origin.Frames.Frames.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_logger_that_throws_ends_no_worker()
    {
        int runs = 0;
        Task working = StartAsync(
            _ => ++runs == 1 ? throw new InvalidOperationException("bad") : new(Settlement.Ack),
            new ConsumerOptions { OnError = Settlement.DeadLetter, DeadLetterBy = DeadLetterMethod.Reject },
            messages: 2,
            log: new TextLogger { IsOn = true, IsBroken = true });

        await working.WaitAsync(TestTimeout);

        Assert.Equal(2, runs);
        Assert.Equal(["reject 1", "ack 2"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task A_handler_hears_of_the_end_of_its_time_before_it_is_left_behind_also_when_the_process_stood_still()
    {
        var limit = TimeSpan.FromSeconds(30);
        var time = new ManualTimeProvider();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task working = StartAsync(
            async token =>
            {
                began.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                heard.TrySetResult();
                await release.Task;
                token.ThrowIfCancellationRequested();
                return Settlement.Ack;
            },
            new ConsumerOptions { HandlerTimeout = limit },
            time: time);
        await began.Task.WaitAsync(TestTimeout);

        time.Freeze(limit + TimeSpan.FromMinutes(1));
        await heard.Task.WaitAsync(TestTimeout);
        release.SetResult();
        await working.WaitAsync(TestTimeout);

        Assert.Equal($"TimeoutException: The handler did not return within {limit}.", Assert.Single(_publisher.Published).Properties!.Headers["x-retry-reason"]);
    }

    [Fact]
    public async Task A_callback_of_the_handler_that_throws_at_the_time_limit_ends_nothing_but_itself()
    {
        var limit = TimeSpan.FromSeconds(30);
        var time = new ManualTimeProvider();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task working = StartAsync(
            async token =>
            {
                await using CancellationTokenRegistration thrower = token.Register(static () => throw new InvalidOperationException("a drill"));
                began.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return Settlement.Ack;
            },
            new ConsumerOptions { HandlerTimeout = limit },
            time: time);
        await began.Task.WaitAsync(TestTimeout);

        // What comes out of here would end the process on a timer of the runtime.
        time.Advance(limit);
        await working.WaitAsync(TestTimeout);

        Assert.Equal($"TimeoutException: The handler did not return within {limit}.", Assert.Single(_publisher.Published).Properties!.Headers["x-retry-reason"]);
    }

    [Fact]
    public async Task A_handler_may_have_the_longest_time_that_the_options_allow()
    {
        await StartAsync(static _ => new(Settlement.Ack), new ConsumerOptions { HandlerTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1) }).WaitAsync(TestTimeout);

        Assert.Equal(["ack 1"], _origin.Frames.Frames);
        Assert.Empty(_publisher.Published);
    }

    private Task StartAsync(Func<CancellationToken, ValueTask<Settlement>> handle, ConsumerOptions? options = null, int messages = 1, TextLogger? log = null, TimeProvider? time = null)
    {
        log ??= new TextLogger();
        time ??= TimeProvider.System;
        ConsumerSettings settings = ConsumerSettings.From("orders", options);
        var settlement = new SettlementExecutor(_publisher, settings, _counters, log, time);
        var workers = new DeliveryWorkers(new FuncHandler(handle), settings, settlement, log, time);
        var deliveries = new DeliveryQueue();
        for (ulong tag = 1; tag <= (ulong)messages; tag++)
        {
            var delivery = new Delivery(tag, _origin, new ReceivedMessage("body"u8.ToArray()) { Queue = "orders" }, null);
            _origin.Acks.Track(delivery);
            deliveries.TryWrite(delivery);
        }

        deliveries.Complete();
        return workers.Start(deliveries);
    }

    private sealed class TextlessException : Exception
    {
        public override string Message => throw new InvalidOperationException("No text.");
    }

    /// <summary>Writes the whole text of each exception, as most loggers do.</summary>
    private sealed class TextLogger : ILogger
    {
        public bool IsOn { get; init; }

        public bool IsBroken { get; init; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => IsOn;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            _ = exception?.ToString();
            if (IsBroken)
            {
                throw new IOException("The log is full.");
            }
        }
    }

    private sealed class FuncHandler(Func<CancellationToken, ValueTask<Settlement>> handle) : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => handle(cancellationToken);
    }
}
