using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>Each message of a pack is settled by itself, and the delivery when all of them are.</summary>
public sealed class PackSettlementTests : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    private readonly SubscriptionCounters _counters = new();
    private readonly FakePublisher _publisher = new();
    private readonly FakeOrigin _origin;
    private readonly List<string> _handled = [];

    public PackSettlementTests() => _origin = new FakeOrigin(_counters, TimeProvider.System);

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task The_delivery_is_acknowledged_when_all_its_messages_are()
    {
        await HandleAsync(message =>
        {
            Assert.Empty(_origin.Frames.Frames);
            return Settlement.Ack;
        });

        Assert.Equal(["a", "b", "c"], _handled);
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
        Assert.Equal((3, 0), (_counters.Acknowledged, _counters.Unsettled));
    }

    [Theory]
    [InlineData(Settlement.Retry, DeadLetterMethod.Publish, "orders.retry.5000")]
    [InlineData(Settlement.DeadLetter, DeadLetterMethod.Publish, "orders.dead-letter")]
    [InlineData(Settlement.Requeue, DeadLetterMethod.Publish, "orders")]
    [InlineData(Settlement.DeadLetter, DeadLetterMethod.Reject, "orders")]
    public async Task What_is_not_acknowledged_leaves_alone_as_a_confirmed_copy(Settlement settlement, DeadLetterMethod method, string target)
    {
        await HandleAsync(message => Is(message, "b") ? settlement : Settlement.Ack, new ConsumerOptions { DeadLetterBy = method });

        OutboundMessage copy = Assert.Single(_publisher.Published);
        Assert.Equal(("", target, "b"), (copy.Exchange, copy.RoutingKey, copy.Properties!.MessageId));
        Assert.False(copy.Properties.Headers.ContainsKey("springBatchFormat"));
        Assert.Equal(string.Equals(target, "orders", StringComparison.Ordinal), !copy.Properties.Headers.ContainsKey("x-dead-letter-reason") && !copy.Properties.Headers.ContainsKey("x-retry-reason"));
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
        Assert.Equal(["a", "b", "c"], _handled);
    }

    [Fact]
    public async Task A_copy_that_cannot_be_published_is_tried_again_and_the_others_are_not_repeated()
    {
        var time = new StoppedTime();
        int failures = 2;
        _publisher.Fail = _ => failures-- > 0 ? new PublishException(PublishFailure.Unroutable, false, "", "orders.retry.5000", "b", 1, "returned") : null;

        Task handling = HandleAsync(message => Is(message, "b") ? Settlement.Retry : Settlement.Ack, time: time);
        while (!handling.IsCompleted)
        {
            if (time.Running.Count > 0)
            {
                Assert.Empty(_origin.Frames.Frames);
                time.FireAll();
            }

            await Task.Yield();
        }

        await handling;
        Assert.Single(_publisher.Published);
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
        Assert.Equal(["a", "b", "c"], _handled);
    }

    [Fact]
    public async Task While_the_channel_drains_a_pack_that_was_begun_is_finished()
    {
        await HandleAsync(message =>
        {
            _origin.IsDraining = true;
            return Settlement.Ack;
        });

        Assert.Equal(["a", "b", "c"], _handled);
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task When_the_channel_is_lost_the_rest_of_the_pack_is_not_handled_and_nothing_is_acknowledged()
    {
        await HandleAsync(message =>
        {
            _origin.Die();
            return Settlement.Ack;
        });

        Assert.Equal(["a"], _handled);
        Assert.Empty(_origin.Frames.Frames);
        Assert.Equal(0, _counters.Unsettled);
    }

    [Fact]
    public async Task A_pack_that_was_delivered_too_often_goes_on_one_by_one_without_a_run()
    {
        await HandleAsync(static _ => Settlement.Ack, deliveryCount: 20);

        Assert.Empty(_handled);
        Assert.Equal(["a", "b", "c"], _publisher.Published.Select(static copy => copy.Properties!.MessageId));
        Assert.All(_publisher.Published, static copy => Assert.Equal("orders", copy.RoutingKey));
        Assert.Equal(["ack 1"], _origin.Frames.Frames);
    }

    [Fact]
    public async Task A_delivery_that_cannot_be_taken_apart_is_parked_as_it_is_with_the_reason()
    {
        var message = new ReceivedMessage("junk"u8.ToArray(), new MessageProperties { MessageId = "whole" }) { Queue = "orders" };
        var delivery = new Delivery(1, _origin, message, null) { Fault = "The batch has nothing in it." };
        _origin.Acks.Track(delivery);

        await RunAsync([delivery], static _ => Settlement.Ack, null, TimeProvider.System);

        OutboundMessage copy = Assert.Single(_publisher.Published);
        Assert.Equal("orders.dead-letter", copy.RoutingKey);
        Assert.Equal("MessageFormatException: The batch has nothing in it.", copy.Properties!.Headers["x-dead-letter-reason"]);
        Assert.Empty(_handled);
    }

    [Fact]
    public async Task Forgetting_what_is_queued_keeps_the_rest_of_a_pack_that_was_begun()
    {
        var queue = new DeliveryQueue(static message => Is(message, "c") ? "key" : null);
        Delivery[] begun = Members(1, 0);
        Delivery[] fresh = Members(2, 0);
        foreach (Delivery delivery in begun.Concat(fresh))
        {
            queue.TryWrite(delivery);
        }

        Assert.True(begun[0].TryBegin());
        List<Delivery> forgotten = [];
        queue.Forget(forgotten.Add);

        Assert.Equal(fresh, forgotten.OrderBy(static delivery => delivery.Message.MessageId, StringComparer.Ordinal));
        queue.Complete();
        List<Delivery> left = [];
        await foreach (Delivery delivery in queue.ReadAllAsync())
        {
            left.Add(delivery);
        }

        Assert.Equal(begun, left);
    }

    private Task HandleAsync(Func<ReceivedMessage, Settlement> handle, ConsumerOptions? options = null, TimeProvider? time = null, int deliveryCount = 0)
        => RunAsync(Members(1, deliveryCount), handle, options, time ?? TimeProvider.System);

    private static bool Is(ReceivedMessage message, string id) => string.Equals(message.MessageId, id, StringComparison.Ordinal);

    private Delivery[] Members(ulong tag, int deliveryCount)
    {
        var pack = new Pack(tag, _origin, 3, null);
        _origin.Acks.Track(pack);
        return [.. "abc".Select(letter =>
        {
            var properties = new MessageProperties { MessageId = letter.ToString() };
            if (deliveryCount > 0)
            {
                properties.Headers["x-delivery-count"] = deliveryCount;
            }

            return new Delivery(tag, _origin, new ReceivedMessage("body"u8.ToArray(), properties) { Queue = "orders", Redelivered = deliveryCount > 0 }, null, pack);
        })];
    }

    private async Task RunAsync(Delivery[] all, Func<ReceivedMessage, Settlement> handle, ConsumerOptions? options, TimeProvider time)
    {
        ConsumerSettings settings = ConsumerSettings.From("orders", options);
        var settlement = new SettlementExecutor(_publisher, settings, _counters, NullLogger.Instance, time);
        var workers = new DeliveryWorkers(new RecordingHandler(this, handle), settings, settlement, NullLogger.Instance, time);
        var deliveries = new DeliveryQueue();
        _counters.AddReceived(all.Length);
        foreach (Delivery delivery in all)
        {
            deliveries.TryWrite(delivery);
        }

        deliveries.Complete();
        await workers.Start(deliveries).WaitAsync(TestTimeout);
        await _origin.Finished.WaitAsync(TestTimeout);
    }

    private sealed class RecordingHandler(PackSettlementTests test, Func<ReceivedMessage, Settlement> handle) : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            test._handled.Add(message.MessageId!);
            return new(handle(message));
        }
    }
}
