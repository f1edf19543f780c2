using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class DeliveryWorkersTests : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    private readonly SubscriptionCounters _counters = new();
    private readonly FakePublisher _publisher = new();
    private readonly FakeOrigin _origin;

    public DeliveryWorkersTests() => _origin = new FakeOrigin(_counters, TimeProvider.System);

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task An_acknowledged_message_is_acknowledged_after_its_handler_has_returned()
    {
        var release = new TaskCompletionSource();
        Task handling = HandleAsync(async _ =>
        {
            await release.Task;
            return Settlement.Ack;
        });
        Assert.Empty(_origin.Frames.Frames);

        release.SetResult();
        await handling;

        Assert.Equal(["ack 1"], _origin.Frames.Frames);
        Assert.Empty(_publisher.Published);
    }

    [Fact]
    public async Task A_requeued_message_goes_back_and_is_not_published()
    {
        await HandleAsync(static _ => new(Settlement.Requeue));

        Assert.Equal(["requeue 1"], _origin.Frames.Frames);
        Assert.Empty(_publisher.Published);
    }

    [Theory]
    [InlineData(Settlement.Retry, 1, "orders.retry.5000")]
    [InlineData(Settlement.Retry, 5, "orders.dead-letter")]
    [InlineData(Settlement.Retry, 9, "orders.dead-letter")]
    [InlineData(Settlement.DeadLetter, 1, "orders.dead-letter")]
    public async Task A_copy_is_confirmed_before_the_original_is_acknowledged(Settlement settlement, int attempt, string target)
    {
        int framesAtPublish = -1;
        _publisher.Fail = _ =>
        {
            framesAtPublish = _origin.Frames.Frames.Count;
            return null;
        };

        await HandleAsync(_ => new(settlement), attempt);

        Assert.Equal(target, Assert.Single(_publisher.Published).RoutingKey);
        Assert.Equal(0, framesAtPublish);
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task A_handler_that_throws_is_settled_by_the_option_and_never_acknowledged_as_done()
    {
        await HandleAsync(static _ => throw new InvalidOperationException("bad"), options: new ConsumerOptions { OnError = Settlement.DeadLetter });

        Assert.Equal("InvalidOperationException: bad", Assert.Single(_publisher.Published).Properties!.Headers["x-dead-letter-reason"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_cancels_itself_or_returns_nonsense_has_failed(bool returns)
    {
        await HandleAsync(_ => returns ? new((Settlement)42) : throw new OperationCanceledException());

        Assert.Equal("orders.retry.5000", Assert.Single(_publisher.Published).RoutingKey);
    }

    [Fact]
    public async Task A_copy_that_cannot_be_published_sends_the_message_back_to_its_queue()
    {
        var time = new StoppedTime();
        _publisher.Fail = static _ => new PublishException(PublishFailure.Unroutable, false, "", "orders.retry.5000", "4711", 1, "returned");

        Task handling = HandleAsync(static _ => new(Settlement.Retry), time: time);
        while (time.Running.Count == 0)
        {
            await Task.Yield();
        }

        Assert.Empty(_origin.Frames.Frames);
        time.FireAll();
        await handling;

        Assert.Equal(["requeue 1"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task A_copy_whose_headers_cannot_be_sent_goes_without_them()
    {
        int tries = 0;
        _publisher.Fail = _ => ++tries == 1 ? new ArgumentException("header") : null;

        await HandleAsync(static _ => new(Settlement.Retry));

        Assert.Equal(2, tries);
        Assert.Equal(2, Assert.Single(_publisher.Published).Properties!.Headers["x-delivery-attempt"]);
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task A_handler_cancelled_with_its_channel_is_no_attempt()
    {
        await HandleAsync(token =>
        {
            _origin.Die();
            throw new OperationCanceledException(token);
        });

        Assert.Empty(_publisher.Published);
        Assert.Empty(_origin.Frames.Frames);
    }

    [Theory]
    [InlineData(Settlement.Ack)]
    [InlineData(Settlement.Retry)]
    [InlineData(Settlement.Requeue)]
    public async Task A_settlement_after_the_end_of_the_channel_is_stale_and_sends_nothing(Settlement settlement)
    {
        await HandleAsync(_ =>
        {
            _origin.Die();
            return new(settlement);
        });

        Assert.Empty(_publisher.Published);
        Assert.Empty(_origin.Frames.Frames);
        Assert.Equal(1, _counters.StaleAcks);
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_is_left_behind_when_its_time_is_over()
    {
        using var blocked = new ManualResetEventSlim();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var time = new StoppedTime();

        Task handling = HandleAsync(
            _ =>
            {
                began.SetResult();
                blocked.Wait(TestTimeout, CancellationToken.None);
                return new(Settlement.Ack);
            },
            options: new ConsumerOptions { HandlerTimeout = TimeSpan.FromSeconds(30) },
            time: time);
        await began.Task.WaitAsync(TestTimeout);

        // Its time, and then its grace.
        for (int end = 0; end < 2; end++)
        {
            while (time.Running.Count == 0 && !handling.IsCompleted)
            {
                await Task.Yield();
            }

            time.FireAll();
        }

        await handling;

        Assert.False(blocked.IsSet);
        string reason = (string)Assert.Single(_publisher.Published).Properties!.Headers["x-retry-reason"]!;
        Assert.StartsWith("TimeoutException", reason, StringComparison.Ordinal);
        Assert.EndsWith("was left behind.", reason, StringComparison.Ordinal);
        blocked.Set();
    }

    [Fact]
    public async Task The_body_of_a_settled_message_is_gone()
    {
        Delivery delivery = _origin.Deliver();
        ReceivedMessage message = delivery.Message;

        await HandleAsync(static _ => new(Settlement.Ack), delivery: delivery);

        Assert.Throws<ObjectDisposedException>(() => message.Body);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public async Task A_message_that_the_broker_has_delivered_too_often_is_given_up_without_its_handler(int deliveryCount, bool isHandled)
    {
        bool wasHandled = false;
        await HandleAsync(
            _ =>
            {
                wasHandled = true;
                return new(Settlement.Ack);
            },
            options: new ConsumerOptions { DeliveryLimit = 5 },
            delivery: _origin.Deliver(deliveryCount: deliveryCount));

        Assert.Equal(isHandled, wasHandled);
        Assert.Equal(isHandled ? 0 : 1, _publisher.Published.Count);
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task Deliveries_that_the_broker_counted_are_attempts()
    {
        await HandleAsync(static _ => new(Settlement.Retry), delivery: _origin.Deliver(attempt: 2, deliveryCount: 3));

        OutboundMessage parked = Assert.Single(_publisher.Published);
        Assert.Equal("orders.dead-letter", parked.RoutingKey);
        Assert.Equal(5, parked.Properties!.Headers["x-delivery-attempt"]);
        Assert.False(parked.Properties.Headers.ContainsKey("x-delivery-count"));
    }

    [Theory]
    [InlineData(Settlement.DeadLetter, 1)]
    [InlineData(Settlement.Retry, 5)]
    public async Task By_option_a_message_is_given_up_with_a_reject(Settlement settlement, int attempt)
    {
        await HandleAsync(_ => new(settlement), attempt, new ConsumerOptions { DeadLetterBy = DeadLetterMethod.Reject });

        Assert.Equal(["reject 1"], _origin.Frames.Frames);
        Assert.Empty(_publisher.Published);
        Assert.Equal(1, _counters.DeadLettered);
    }

    [Theory]
    [InlineData(null, "orders.retry.5000")]
    [InlineData(Settlement.DeadLetter, "orders.dead-letter")]
    public async Task A_malformed_message_goes_where_the_option_says(Settlement? onMalformed, string target)
    {
        await HandleAsync(static _ => throw new MessageFormatException("bad"), options: new ConsumerOptions { OnMalformed = onMalformed });

        Assert.Equal(target, Assert.Single(_publisher.Published).RoutingKey);
    }

    [Fact]
    public async Task A_message_handled_with_a_stale_acknowledgement_is_not_handled_again()
    {
        var store = new MemoryDeduplicationStore(10, TimeSpan.FromMinutes(1));
        int runs = 0;
        var options = new ConsumerOptions { Deduplication = new DeduplicationOptions { Store = store } };
        await HandleAsync(
            _ =>
            {
                runs++;
                _origin.Die();
                return new(Settlement.Ack);
            },
            options: options);
        using var again = new FakeOrigin(_counters, TimeProvider.System);

        await HandleAsync(
            _ =>
            {
                runs++;
                return new(Settlement.Ack);
            },
            options: options,
            delivery: again.Deliver());

        Assert.Equal(1, runs);
        Assert.Equal(["ack 1"], again.Frames.Frames);
        Assert.Equal((1, 1), (_counters.StaleAcks, store.Count));
    }

    private async Task HandleAsync(
        Func<CancellationToken, ValueTask<Settlement>> handle, int attempt = 1, ConsumerOptions? options = null, TimeProvider? time = null, Delivery? delivery = null)
    {
        time ??= TimeProvider.System;
        ConsumerSettings settings = ConsumerSettings.From("orders", options);
        var settlement = new SettlementExecutor(_publisher, settings, _counters, NullLogger.Instance, time);
        var workers = new DeliveryWorkers(new FuncHandler(handle), settings, settlement, NullLogger.Instance, time);
        var deliveries = new DeliveryQueue();
        deliveries.TryWrite(delivery ?? _origin.Deliver(attempt));
        deliveries.Complete();
        await workers.Start(deliveries).WaitAsync(TestTimeout);
        await ((FakeOrigin)(delivery?.Origin ?? _origin)).Finished.WaitAsync(TestTimeout);
    }

    private sealed class FuncHandler(Func<CancellationToken, ValueTask<Settlement>> handle) : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => handle(cancellationToken);
    }
}
