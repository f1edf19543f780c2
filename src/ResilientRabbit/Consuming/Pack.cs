using System.Buffers;

namespace ResilientRabbit.Consuming;

/// <summary>
/// One delivery that holds several messages. It is settled when all of them are, and its body lives until all have ended. Whoever handles the first of them may handle the
/// others while the channel drains: otherwise the broker would deliver all of them again.
/// </summary>
internal sealed class Pack(ulong tag, IDeliveryOrigin origin, int count, byte[]? buffer) : AckTicket(tag)
{
    private readonly Lock _lock = new();
    private byte[]? _buffer = buffer;
    private int _open = count;
    private int _unsettled = count;
    private bool _isBegun;

    public override int Messages { get; } = count;

    /// <summary>True when a handler has begun one of its messages.</summary>
    public bool IsBegun
    {
        get
        {
            // Also waits for a claim that is being made: the channel may have begun to drain since.
            lock (_lock)
            {
                return _isBegun;
            }
        }
    }

    /// <summary>Claims one of its messages for a handler.</summary>
    /// <returns>False when it is not to be handled here any more: the broker delivers all of them again.</returns>
    public bool TryBegin()
    {
        lock (_lock)
        {
            return _isBegun ? !origin.Token.IsCancellationRequested : _isBegun = origin.TryBegin();
        }
    }

    /// <summary>One of its messages is settled.</summary>
    /// <returns>True for the last: the delivery is to be acknowledged.</returns>
    public bool TrySettle() => Interlocked.Decrement(ref _unsettled) == 0;

    /// <summary>Leaves the body to the garbage collector.</summary>
    public void KeepBody() => Volatile.Write(ref _buffer, null);

    /// <summary>One of its messages was settled or given up.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _open) > 0)
        {
            return;
        }

        if (Interlocked.Exchange(ref _buffer, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        if (IsBegun)
        {
            origin.Finish();
        }
    }
}
