using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Consuming;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>A consumer channel without a broker: deliveries come from the test, frames are written down.</summary>
internal sealed class FakeOrigin : IDeliveryOrigin, IDisposable
{
    private readonly CancellationTokenSource _dead = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeOrigin(SubscriptionCounters counters, TimeProvider time, TimeSpan ackDelay = default) =>
        Acks = new AckBatcher(Frames, 100, ackDelay, counters, NullLogger.Instance, time);

    public RecordingAckChannel Frames { get; } = new();

    public CancellationToken Token => _dead.Token;

    public AckBatcher Acks { get; }

    /// <summary>Completes when a delivery was settled or given up.</summary>
    public Task Finished => _finished.Task;

    public bool IsDraining { get; set; }

    public bool TryBegin() => !IsDraining;

    public void Finish() => _finished.TrySetResult();

    public Delivery Deliver(int attempt = 1, int deliveryCount = 0)
    {
        var properties = new MessageProperties { MessageId = "4711" };
        properties.Headers["x-delivery-attempt"] = attempt;
        if (deliveryCount > 0)
        {
            properties.Headers["x-delivery-count"] = deliveryCount;
        }

        var delivery = new Delivery(1, this, new ReceivedMessage("body"u8.ToArray(), properties) { Queue = "orders", Redelivered = deliveryCount > 0 }, null);
        Acks.Track(delivery);
        return delivery;
    }

    /// <summary>The channel is lost.</summary>
    public void Die()
    {
        Acks.Close();
        _dead.Cancel();
    }

    public void Dispose()
    {
        Acks.Dispose();
        _dead.Dispose();
    }
}
