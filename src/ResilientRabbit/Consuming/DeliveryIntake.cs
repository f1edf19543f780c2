using System.Buffers;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>Takes what the broker delivers to one consumer and hands it to the workers, all that came together at once.</summary>
internal sealed class DeliveryIntake(IDeliveryOrigin origin, ConsumerSettings settings, string consumerTag, SubscriptionCounters counters, DeliveryQueue deliveries, Action<string> onGap)
    : IDeliverySink
{
    private readonly Lock _lock = new();
    private readonly List<Delivery> _burst = [];
    private readonly List<AckTicket> _tickets = [];
    private ulong _lastTag;
    private bool _isOpen;
    private volatile bool _isClosed;

    /// <summary>Hands over what came already, and from now on what comes: the broker has confirmed the consumer.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            HandOverNeedsLock();
        }
    }

    /// <summary>Takes nothing more: it is delivered again.</summary>
    public void Close() => _isClosed = true;

    public void OnDelivery(in IncomingDelivery incoming)
    {
        bool isWanted = !_isClosed && string.Equals(incoming.ConsumerTag, consumerTag, StringComparison.Ordinal);
        if (isWanted && incoming.Tag != _lastTag + 1)
        {
            // One that never came here would be acknowledged unhandled by the next "multiple" above it.
            isWanted = false;
            Close();
            onGap(FormattableString.Invariant($"Delivery {incoming.Tag} followed {_lastTag}: one between them got lost."));
        }

        if (!isWanted)
        {
            if (incoming.Buffer is { } unused)
            {
                ArrayPool<byte>.Shared.Return(unused);
            }

            return;
        }

        _lastTag = incoming.Tag;
        string? fault = null;
        if (settings.Unpack && incoming.TooLarge == 0 && Unpacker.PropertiesOf(incoming) is { } properties)
        {
            lock (_lock)
            {
                if (Unpacker.Unpack(incoming, properties, origin, settings.Queue, _burst, out fault) is { } pack)
                {
                    _tickets.Add(pack);
                    return;
                }
            }
        }

        var message = new ReceivedMessage(incoming.Buffer.AsMemory(0, incoming.BodyLength), incoming.Properties.Span, incoming.IsReadable)
        {
            Queue = settings.Queue,
            Exchange = incoming.Exchange,
            RoutingKey = incoming.RoutingKey,
            ConsumerTag = consumerTag,
            Redelivered = incoming.Redelivered,
        };
        lock (_lock)
        {
            Delivery delivery = NewDelivery(incoming, message, fault);
            _burst.Add(delivery);
            _tickets.Add(delivery);
        }
    }

    public void OnDeliveriesEnd()
    {
        lock (_lock)
        {
            if (_isOpen)
            {
                HandOverNeedsLock();
            }
        }
    }

    private Delivery NewDelivery(in IncomingDelivery incoming, ReceivedMessage message, string? fault)
    {
        if (fault is null && incoming.TooLarge == 0 && deliveries.Spare.TryTake(out Delivery? spare))
        {
            spare.Renew(incoming.Tag, origin, message, incoming.Buffer);
            return spare;
        }

        return new Delivery(incoming.Tag, origin, message, incoming.Buffer) { Fault = fault, TooLarge = incoming.TooLarge };
    }

    private void HandOverNeedsLock()
    {
        counters.AddReceived(_burst.Count);
        origin.Acks.TrackAll(_tickets);
        foreach (Delivery delivery in _burst)
        {
            if (!deliveries.TryWrite(delivery))
            {
                delivery.Release();
                delivery.Pack?.End();
                counters.AddFinished();
            }
        }

        _burst.Clear();
        _tickets.Clear();
    }
}
