using System.Threading.Channels;

namespace ResilientRabbit.Consuming;

/// <summary>
/// What was delivered and no worker has begun. With an ordering key, at most one delivery of a key is with the workers; those behind it wait here for <see cref="Done"/>.
/// Bounded by the prefetch.
/// </summary>
internal sealed class DeliveryQueue(Func<ReceivedMessage, string?>? orderingKey = null)
{
    private readonly Channel<Delivery> _ready = Channel.CreateUnbounded<Delivery>(new UnboundedChannelOptions { SingleWriter = false, SingleReader = false });

    /// <summary>The keys with a delivery that is ready or with a worker; the value holds those behind it, null when there are none.</summary>
    private readonly Dictionary<string, Queue<Delivery>?> _keys = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>For those to come.</summary>
    public DeliveryPool Spare { get; } = new();

    public IAsyncEnumerable<Delivery> ReadAllAsync() => _ready.Reader.ReadAllAsync();

    /// <summary>Takes a delivery in. False when the subscription has ended.</summary>
    public bool TryWrite(Delivery delivery)
    {
        if (orderingKey is null || delivery.TooLarge > 0 || KeyOf(delivery.Message) is not { } key)
        {
            return _ready.Writer.TryWrite(delivery);
        }

        delivery.OrderingKey = key;
        lock (_lock)
        {
            if (!_keys.TryGetValue(key, out Queue<Delivery>? behind))
            {
                _keys.Add(key, null);
                return _ready.Writer.TryWrite(delivery);
            }

            if (behind is null)
            {
                _keys[key] = behind = new Queue<Delivery>();
            }

            behind.Enqueue(delivery);
            return true;
        }
    }

    /// <summary>Tells that a delivery taken from here is no longer handled: the next one of its key may go.</summary>
    public void Done(Delivery delivery)
    {
        if (delivery.OrderingKey is not { } key)
        {
            return;
        }

        lock (_lock)
        {
            if (_keys[key] is { Count: > 0 } behind)
            {
                _ready.Writer.TryWrite(behind.Dequeue());
            }
            else
            {
                _keys.Remove(key);
            }
        }
    }

    /// <summary>
    /// Takes out whatever no worker has begun, in order to forget it; no <see cref="Done"/> is due for it. The rest of a pack of which a handler has begun a message stays.
    /// </summary>
    public void Forget(Action<Delivery> drop)
    {
        List<Delivery> kept = [];
        while (_ready.Reader.TryRead(out Delivery? delivery))
        {
            if (IsBegun(delivery))
            {
                kept.Add(delivery);
                continue;
            }

            Done(delivery);
            drop(delivery);
        }

        lock (_lock)
        {
            foreach (Queue<Delivery>? behind in _keys.Values)
            {
                for (int left = behind?.Count ?? 0; left > 0; left--)
                {
                    Delivery delivery = behind!.Dequeue();
                    if (IsBegun(delivery))
                    {
                        behind.Enqueue(delivery);
                    }
                    else
                    {
                        drop(delivery);
                    }
                }
            }
        }

        kept.ForEach(delivery => _ready.Writer.TryWrite(delivery));
    }

    public void Complete() => _ready.Writer.TryComplete();

    private static bool IsBegun(Delivery delivery) => delivery.Pack is { IsBegun: true };

    private string? KeyOf(ReceivedMessage message)
    {
        try
        {
            return orderingKey!(message);
        }
        catch (Exception)
        {
            // The application's code, on the driver's loop: whatever it throws would be a delivery that gets lost. The handler meets the same message and its exception is reported.
            return null;
        }
    }
}
