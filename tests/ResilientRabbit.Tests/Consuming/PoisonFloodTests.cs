using System.Globalization;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Consuming;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>Many bad messages are many messages, and a few lines.</summary>
public sealed class PoisonFloodTests : IDisposable
{
    private const int Count = 10_000;
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    private readonly SubscriptionCounters _counters = new();
    private readonly FakePublisher _publisher = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LineCounter _log = new();
    private readonly FakeOrigin _origin;
    private readonly RepeatLimit _repeats;
    private ulong _tag;

    public PoisonFloodTests() => (_origin, _repeats) = (new FakeOrigin(_counters, TimeProvider.System), new RepeatLimit(_time));

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task Ten_thousand_that_are_parked_are_two_lines_above_Debug_and_two_more_a_minute_later_with_the_count()
    {
        await FloodAsync(Count);

        Assert.Equal(Count, _counters.DeadLettered);
        Assert.Equal([(3003, 0), (3103, 0)], _log.Loud);
        Assert.Equal(2 * (Count - 1), _log.Quiet);

        _time.Advance(TimeSpan.FromMinutes(1));
        await FloodAsync(1);

        Assert.Equal([(3003, 0), (3103, 0), (3003, Count - 1), (3103, Count - 1)], _log.Loud);
    }

    [Fact]
    public async Task Another_kind_of_failure_is_told_in_the_middle_of_a_flood()
    {
        await FloodAsync(10);
        await FloodAsync(10, static () => new FormatException("another"));

        Assert.Equal([3003, 3103, 3003, 3103], _log.Loud.Select(static line => line.Event));
    }

    [Fact]
    public async Task A_store_and_a_publisher_that_fail_for_each_are_told_once()
    {
        int tries = 0;
        _publisher.Fail = _ => tries++ % 2 == 0 ? new ArgumentException("header") : null;

        await FloodAsync(100, options: new ConsumerOptions { OnError = Settlement.DeadLetter, Deduplication = new DeduplicationOptions { Key = static _ => throw new InvalidOperationException("key") } });

        Assert.Equal([3013, 3003, 3105, 3103], _log.Loud.Select(static line => line.Event));
    }

    private async Task FloodAsync(int count, Func<Exception>? error = null, ConsumerOptions? options = null)
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", options ?? new ConsumerOptions { OnError = Settlement.DeadLetter });
        var settlement = new SettlementExecutor(_publisher, settings, _counters, _log, _time) { Repeats = _repeats };
        var workers = new DeliveryWorkers(new ThrowingHandler(error ?? (static () => new InvalidOperationException("bad"))), settings, settlement, _log, _time);
        var deliveries = new DeliveryQueue();
        for (int number = 0; number < count; number++)
        {
            _tag++;
            var properties = new MessageProperties { MessageId = _tag.ToString(CultureInfo.InvariantCulture) };
            var delivery = new Delivery(_tag, _origin, new ReceivedMessage("body"u8.ToArray(), properties) { Queue = "orders" }, null);
            _origin.Acks.Track(delivery);
            deliveries.TryWrite(delivery);
        }

        deliveries.Complete();
        await workers.Start(deliveries).WaitAsync(TestTimeout);
    }

    private sealed class ThrowingHandler(Func<Exception> error) : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => throw error();
    }

    private sealed class LineCounter : ILogger
    {
        /// <summary>The lines above Debug: their event, and how many repeats they tell of.</summary>
        public List<(int Event, int Repeats)> Loud { get; } = [];

        public int Quiet { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel <= LogLevel.Debug)
            {
                Quiet++;
                return;
            }

            object? repeats = ((IReadOnlyList<KeyValuePair<string, object?>>)state!).Single(static part => part.Key is "Repeats").Value;
            Loud.Add((eventId.Id, (int)repeats!));
        }
    }
}
