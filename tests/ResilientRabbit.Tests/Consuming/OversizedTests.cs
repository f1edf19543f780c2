using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Consuming;
using ResilientRabbit.Diagnostics;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>A message whose body was too large to be kept is never handled, copied, acknowledged or rejected into nowhere.</summary>
public sealed class OversizedTests : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    private readonly SubscriptionCounters _counters = new();
    private readonly FakePublisher _publisher = new();
    private readonly FakeOrigin _origin;

    public OversizedTests() => _origin = new FakeOrigin(_counters, TimeProvider.System);

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task Where_a_rejection_could_lose_it_it_stays_unsettled_until_its_channel_ends()
    {
        await HandleAsync(new ConsumerOptions(), queue: null);

        Assert.Empty(_origin.Frames.Frames);
        Assert.Empty(_publisher.Published);
        Assert.Equal((1, 1), (_counters.Unsettled, Held()));

        _origin.Die();
        Assert.Equal((0, 0), (_counters.Unsettled, Held()));
    }

    [Theory]
    [InlineData(DeadLetterMethod.Reject, false)]
    [InlineData(DeadLetterMethod.Publish, true)]
    public async Task It_is_rejected_where_the_options_say_so_or_the_queue_was_declared_with_a_dead_letter_exchange(DeadLetterMethod method, bool isDeclared)
    {
        var queue = new QueueSpec { Name = "orders", DeadLetterExchange = isDeclared ? "dead" : null };

        await HandleAsync(new ConsumerOptions { DeadLetterBy = method }, queue);

        Assert.Equal(["reject 1"], _origin.Frames.Frames);
        Assert.Empty(_publisher.Published);
        Assert.Equal((0, 0, 1L), (_counters.Unsettled, Held(), _counters.DeadLettered));
    }

    [Fact]
    public async Task Also_one_that_was_delivered_too_often_is_not_parked_without_its_body()
    {
        await HandleAsync(new ConsumerOptions { DeliveryLimit = 1 }, queue: null, deliveryCount: 5);

        Assert.Empty(_publisher.Published);
        Assert.Empty(_origin.Frames.Frames);
    }

    private int Held() => _counters.Snapshot("orders", SubscriptionState.Consuming, null).Held;

    private async Task HandleAsync(ConsumerOptions options, QueueSpec? queue, int deliveryCount = 0)
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", options);
        var repeats = new RepeatLimit(TimeProvider.System);
        var settlement = new SettlementExecutor(_publisher, settings, _counters, NullLogger.Instance, TimeProvider.System)
        {
            Oversized = new OversizedRule(settings, () => queue, 1000, NullLogger.Instance, repeats),
        };
        var workers = new DeliveryWorkers(new NeverHandler(), settings, settlement, NullLogger.Instance, TimeProvider.System);
        var properties = new MessageProperties();
        properties.Headers["x-delivery-count"] = deliveryCount;
        var delivery = new Delivery(1, _origin, new ReceivedMessage(default, properties) { Queue = "orders", Redelivered = deliveryCount > 0 }, null) { TooLarge = 1001 };
        _origin.Acks.Track(delivery);
        _counters.AddReceived(1);
        var deliveries = new DeliveryQueue();
        deliveries.TryWrite(delivery);
        deliveries.Complete();
        await workers.Start(deliveries).WaitAsync(TestTimeout);
        await _origin.Finished.WaitAsync(TestTimeout);
    }

    private sealed class NeverHandler : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => throw new InvalidOperationException("There is nothing to handle.");
    }
}
