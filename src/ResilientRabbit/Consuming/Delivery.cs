using System.Buffers;
using System.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>One message on its way from the driver to a handler and to its settlement.</summary>
internal sealed class Delivery(ulong tag, IDeliveryOrigin origin, ReceivedMessage message, byte[]? buffer, Pack? pack = null)
    : AckTicket(tag)
{
    private byte[]? _buffer = buffer;
    private bool _isUncounted;
    private Rarities? _rare;

    /// <summary>The channel that delivered it: the only one that may settle it.</summary>
    public IDeliveryOrigin Origin { get; private set; } = origin;

    public ReceivedMessage Message { get; private set; } = message;

    /// <summary>What it was delivered in, together with others; null when it came alone.</summary>
    public Pack? Pack { get; } = pack;

    /// <summary>Why it cannot be handed to a handler; null when it can.</summary>
    public string? Fault
    {
        get => _rare?.Fault;
        init
        {
            if (value is not null)
            {
                Rare.Fault = value;
            }
        }
    }

    /// <summary>The size of a body that exceeds the limit and was not kept, in bytes; 0 otherwise. Nothing may be made of such a message but a rejection.</summary>
    public long TooLarge
    {
        get => _rare?.TooLarge ?? 0;
        init
        {
            if (value > 0)
            {
                Rare.TooLarge = value;
            }
        }
    }

    /// <summary>What it must stay in order with; null when it is free.</summary>
    public string? OrderingKey
    {
        get => _rare?.OrderingKey;
        set => Rare.OrderingKey = value;
    }

    /// <summary>What the handler's activity was: the parent of copies that are published after it has returned.</summary>
    public ActivityContext HandlerContext
    {
        get => _rare?.HandlerContext ?? default;
        set
        {
            if (_rare is not null || value != default)
            {
                Rare.HandlerContext = value;
            }
        }
    }

    private Rarities Rare => _rare ??= new Rarities();

    /// <summary>True when it was acknowledged and stands in no list: the worker that handled it is the last to know it.</summary>
    public bool IsSpent { get; set; }

    /// <summary>Leaves the body to the garbage collector: a handler that was given up may still read it.</summary>
    public void KeepBody()
    {
        _buffer = null;
        Pack?.KeepBody();
    }

    /// <summary>Claims it for a handler.</summary>
    /// <returns>False when it is not to be handled here any more: the broker delivers it again.</returns>
    public bool TryBegin() => Pack?.TryBegin() ?? Origin.TryBegin();

    /// <summary>True the first time: the delivery is not to be counted as unsettled any more.</summary>
    public bool TryUncount() => !_isUncounted && (_isUncounted = true);

    /// <summary>Lets go of everything, to wait for its next life.</summary>
    public void Empty()
    {
        Origin = null!;
        Message = null!;
        _rare?.Clear();
    }

    /// <summary>Begins another life: another delivery, alone in its body.</summary>
    public void Renew(ulong tag, IDeliveryOrigin origin, ReceivedMessage message, byte[]? buffer)
    {
        Renew(tag);
        Origin = origin;
        Message = message;
        _buffer = buffer;
        _isUncounted = false;
        IsSpent = false;
    }

    /// <summary>Ends the life of the body.</summary>
    public void Release()
    {
        Message.Release();
        if (_buffer is { } rented)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>What most deliveries do not have; it would be a third of each.</summary>
    private sealed class Rarities
    {
        public string? Fault { get; set; }

        public long TooLarge { get; set; }

        public string? OrderingKey { get; set; }

        public ActivityContext HandlerContext { get; set; }

        public void Clear()
        {
            Fault = null;
            TooLarge = 0;
            OrderingKey = null;
            HandlerContext = default;
        }
    }
}
