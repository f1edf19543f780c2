using System.Buffers;
using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>
/// Takes what the broker delivers to one consumer and hands it to the workers, all that came together at once. The prefetch bounds how many deliveries there can be, and nothing
/// bounds what packs are in memory: so they wait as they came, and all behind them, while many messages are unsettled.
/// </summary>
internal sealed class DeliveryIntake(IDeliveryOrigin origin, ConsumerSettings settings, string consumerTag, SubscriptionCounters counters, DeliveryQueue deliveries, Action<string> onGap)
    : IDeliverySink
{
    /// <summary>No pack is taken apart while more messages than this are unsettled; with the largest one there are half as many again.</summary>
    public const int MostBeforePack = 2 * PackFormat.MaxMessages;

    /// <summary>What came and was not taken in yet, behind a pack.</summary>
    private readonly Queue<IncomingDelivery> _waiting = new();
    private readonly Lock _lock = new();
    private readonly List<Delivery> _burst = [];
    private readonly List<AckTicket> _tickets = [];
    private ulong _lastTag;
    private bool _isOpen;
    private volatile bool _isClosed;
    private volatile bool _hasWaiting;

    /// <summary>Whether something came that was not taken in yet. Thread-safe.</summary>
    public bool HasWaiting => _hasWaiting;

    private bool HasRoomNeedsLock => counters.Unsettled + _burst.Count <= MostBeforePack;

    /// <summary>Hands over what came already, and from now on what comes: the broker has confirmed the consumer.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            counters.TellWhenFewer(MostBeforePack, TakeWaiting);
            if (_isClosed)
            {
                counters.TellNoMore(TakeWaiting);
            }

            TakeWaitingNeedsLock();
        }
    }

    /// <summary>Takes nothing more, and lets go of what waits: it is delivered again. Thread-safe; waits for nobody, and so not for the application's ordering key, which may block under the lock.</summary>
    public void Close()
    {
        _isClosed = true;
        counters.TellNoMore(TakeWaiting);
        if (_hasWaiting)
        {
            TakeWaitingLater();
        }
    }

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
            Discard(incoming);
            return;
        }

        _lastTag = incoming.Tag;
        ReadOnlyBasicProperties? packed = PackedProperties(incoming);
        lock (_lock)
        {
            if (_waiting.Count > 0 || (packed is not null && !HasRoomNeedsLock))
            {
                // The next delivery overwrites the properties.
                _waiting.Enqueue(incoming with { Properties = incoming.Properties.ToArray() });
                _hasWaiting = true;
            }
            else
            {
                TakeNeedsLock(incoming, packed);
            }
        }
    }

    public void OnDeliveriesEnd()
    {
        lock (_lock)
        {
            HandOverNeedsLock();
        }
    }

    private static void Discard(in IncomingDelivery incoming)
    {
        if (incoming.Buffer is { } unused)
        {
            ArrayPool<byte>.Shared.Return(unused);
        }
    }

    private ReadOnlyBasicProperties? PackedProperties(in IncomingDelivery incoming) => settings.Unpack && incoming.TooLarge == 0 ? Unpacker.PropertiesOf(incoming) : null;

    /// <summary>Takes in what waits, as far as there is room. Called whenever there is room again.</summary>
    private void TakeWaiting()
    {
        try
        {
            lock (_lock)
            {
                TakeWaitingNeedsLock();
            }
        }
        catch (Exception exception)
        {
            // On the pool it would end the process. What has waited comes again with the next channel.
            Close();
            onGap($"A pack could not be taken apart: {exception.GetType().Name}.");
        }
    }

    private void TakeWaitingLater() => ThreadPool.UnsafeQueueUserWorkItem(static intake => intake.TakeWaiting(), this, preferLocal: false);

    private void TakeWaitingNeedsLock()
    {
        while (_waiting.Count > 0 && (_isClosed || HasRoomNeedsLock))
        {
            IncomingDelivery incoming = _waiting.Dequeue();
            if (_isClosed)
            {
                Discard(incoming);
            }
            else
            {
                TakeNeedsLock(incoming, PackedProperties(incoming));
            }
        }

        _hasWaiting = _waiting.Count > 0;
        HandOverNeedsLock();
    }

    private void TakeNeedsLock(in IncomingDelivery incoming, ReadOnlyBasicProperties? packed)
    {
        string? fault = null;
        if (packed is not null && Unpacker.Unpack(incoming, packed, origin, settings.Queue, _burst, out fault) is { } pack)
        {
            _tickets.Add(pack);
            return;
        }

        var message = new ReceivedMessage(incoming.Buffer.AsMemory(0, incoming.BodyLength), incoming.Properties.Span, incoming.IsReadable)
        {
            Queue = settings.Queue,
            Exchange = incoming.Exchange,
            RoutingKey = incoming.RoutingKey,
            ConsumerTag = consumerTag,
            Redelivered = incoming.Redelivered,
        };
        Delivery delivery = NewDelivery(incoming, message, fault);
        _burst.Add(delivery);
        _tickets.Add(delivery);
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
        if (!_isOpen)
        {
            return;
        }

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
        if (_waiting.Count > 0 && (_isClosed || HasRoomNeedsLock))
        {
            // What was in hand was in no count that tells of room: what was finished meanwhile told nobody. Later, so that the reading loop need not wait.
            TakeWaitingLater();
        }
    }
}
