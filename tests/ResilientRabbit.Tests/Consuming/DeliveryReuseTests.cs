using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Connections;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>A message costs one object, and what is used again is nobody else's any more.</summary>
public sealed class DeliveryReuseTests : IDisposable
{
    /// <summary>The object that the handler is given: its references, and the place for its properties.</summary>
    private const int MessageSize = 176;

    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    // The flags of a message-id, and the id "4711".
    private static readonly byte[] Encoded = [0x00, 0x80, 4, (byte)'4', (byte)'7', (byte)'1', (byte)'1'];

    private readonly SubscriptionCounters _counters = new();
    private readonly FakePublisher _publisher = new();
    private readonly FakeOrigin _origin;
    private readonly DeliveryQueue _deliveries = new();
    private readonly ConsumerSettings _settings = ConsumerSettings.From("orders", null);
    private readonly DeliveryIntake _intake;
    private ulong _tag;

    public DeliveryReuseTests()
    {
        _origin = new FakeOrigin(_counters, TimeProvider.System, TimeSpan.FromMilliseconds(20));
        _intake = new DeliveryIntake(_origin, _settings, "ctag", _counters, _deliveries, static gap => Assert.Fail(gap));
        _intake.Open();
    }

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task What_was_acknowledged_serves_the_next_message_and_nothing_of_the_former_is_left()
    {
        List<ReceivedMessage> messages = [];
        Task working = Start(message =>
        {
            messages.Add(message);
            return Settlement.Ack;
        });
        Deliver(body: 1, Encoded);
        await UntilAsync(() => _deliveries.Spare.Count == 1);
        Deliver(body: 2, []);
        await UntilAsync(() => messages.Count == 2 && _deliveries.Spare.Count == 1);
        _deliveries.Complete();
        await working.WaitAsync(TestTimeout);

        // The messages themselves are two: a handler may have kept the first.
        Assert.Equal(["4711", null], messages.Select(static message => message.MessageId));
        await _origin.Acks.FlushAsync();
        Assert.Equal((2, 0), (_counters.Acknowledged, _counters.Unsettled));
    }

    [Theory]
    [InlineData(Settlement.Retry)]
    [InlineData(Settlement.DeadLetter)]
    [InlineData(Settlement.Requeue)]
    [InlineData(null)]
    public async Task What_was_not_simply_acknowledged_is_not_used_again(Settlement? settlement)
    {
        // Somebody else may still hold it: the task that publishes the copy, or the list of a channel that is gone.
        Task working = Start(_ =>
        {
            if (settlement is null)
            {
                _origin.Die();
            }

            return settlement ?? Settlement.Ack;
        });
        Deliver(body: 1, Encoded);
        await UntilAsync(() => _counters.Unsettled == 0);
        _deliveries.Complete();
        await working.WaitAsync(TestTimeout);

        Assert.Equal(0, _deliveries.Spare.Count);
    }

    [Fact]
    public async Task A_message_costs_the_object_that_the_handler_is_given_and_nothing_else()
    {
        const int Count = 100;
        long before = 0;
        List<long> handlers = new(3 * Count);
        int thread = 0;
        Task working = Start(_ =>
        {
            // What the worker allocates from one call to the next; only where both were made by one thread.
            long now = GC.GetAllocatedBytesForCurrentThread();
            if (thread == Environment.CurrentManagedThreadId)
            {
                handlers.Add(now - before);
            }

            thread = Environment.CurrentManagedThreadId;
            before = GC.GetAllocatedBytesForCurrentThread();
            return Settlement.Ack;
        });
        for (int round = 0; round < 2; round++)
        {
            DeliverAll(Count);
            await UntilAsync(() => _deliveries.Spare.Count == Count);
        }

        long start = GC.GetAllocatedBytesForCurrentThread();
        DeliverAll(Count);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - start;
        await UntilAsync(() => _counters.Received == 3 * Count && _counters.Unsettled == 0);
        _deliveries.Complete();
        await working.WaitAsync(TestTimeout);

        Assert.InRange(allocated, 1, (Count * MessageSize) + 1024);

        // Now and then one flushes, or waits for more; most do neither.
        Assert.Equal(0, handlers.Order().ElementAt(handlers.Count / 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EncodedProperties.Capacity)]
    [InlineData(EncodedProperties.Capacity + 1)]
    [InlineData(200)]
    public void Properties_of_any_size_outlive_the_buffer_they_came_in(int size)
    {
        string id = new('x', Math.Max(0, size - 3));
        byte[] encoded = size == 0 ? [] : [0x00, 0x80, (byte)id.Length, .. System.Text.Encoding.ASCII.GetBytes(id)];
        var message = new ReceivedMessage(default, encoded, isReadable: true);

        encoded.AsSpan().Clear();
        message.Release();

        Assert.Equal(size == 0 ? null : id, message.MessageId);
        Assert.Equal(size == 0 ? null : id, message.Properties.MessageId);
    }

    private Task Start(Func<ReceivedMessage, Settlement> handle)
    {
        var settlement = new SettlementExecutor(_publisher, _settings, _counters, NullLogger.Instance, TimeProvider.System);
        return new DeliveryWorkers(new FuncHandler(handle), _settings, settlement, NullLogger.Instance, TimeProvider.System).Start(_deliveries);
    }

    private void DeliverAll(int count)
    {
        for (int number = 0; number < count; number++)
        {
            _intake.OnDelivery(Incoming([], Encoded));
        }

        _intake.OnDeliveriesEnd();
    }

    private void Deliver(byte body, byte[] encoded)
    {
        _intake.OnDelivery(Incoming([body], encoded));
        _intake.OnDeliveriesEnd();
    }

    private IncomingDelivery Incoming(byte[] body, byte[] encoded)
    {
        byte[]? rented = body.Length == 0 ? null : ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(rented.AsSpan());
        return new IncomingDelivery(++_tag, false, "ctag", "", "orders", encoded, true, rented, body.Length);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TestTimeout);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class FuncHandler(Func<ReceivedMessage, Settlement> handle) : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => new(handle(message));
    }
}
