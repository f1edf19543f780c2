using System.Diagnostics.CodeAnalysis;

namespace ResilientRabbit.Consuming;

/// <summary>
/// Deliveries whose life has ended, for those that come next. Only what nobody else can hold any more comes here: acknowledged by the worker that gives it back, and so in no list.
/// Thread-safe.
/// </summary>
internal sealed class DeliveryPool
{
    /// <summary>What a larger prefetch needs beyond it is left to the garbage collector.</summary>
    public const int Capacity = 512;

    private readonly Lock _lock = new();
    private readonly Delivery?[] _free = new Delivery?[Capacity];
    private int _count;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    public bool TryTake([NotNullWhen(true)] out Delivery? delivery)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                delivery = null;
                return false;
            }

            delivery = _free[--_count]!;
            _free[_count] = null;
            return true;
        }
    }

    public void Put(Delivery delivery)
    {
        delivery.Empty();
        lock (_lock)
        {
            if (_count < Capacity)
            {
                _free[_count++] = delivery;
            }
        }
    }
}
