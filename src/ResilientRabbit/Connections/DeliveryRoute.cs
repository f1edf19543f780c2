using System.Buffers;
using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>
/// Puts the deliveries of one channel together from their frames: method, content header, body (AMQP 0-9-1, sections 1.8.3.13 and 4.2.6). A body above the limit is
/// not kept: its delivery is told without it, so that it can be settled. Ending the connection would bring it again, for ever.
/// </summary>
/// <remarks>Used by the reading loop alone, but for <see cref="Detach"/>.</remarks>
internal sealed class DeliveryRoute(IDeliverySink sink, int maxContent)
{
    private const int PropertiesAt = 12;

    /// <summary>Properties up to this size, in bytes, are put together in one array again and again.</summary>
    private const int MostKept = 4096;

    private const ushort BasicClass = 60;

    private volatile IDeliverySink? _sink = sink;
    private RepeatedText _consumerTag;
    private RepeatedText _exchange;
    private RepeatedText _routingKey;
    private IncomingDelivery _delivery;
    private Next _next;
    private byte[] _target = [];
    private byte[] _properties = [];
    private int _at;
    private int _frameLeft;
    private int _bodyLeft;
    private bool _isDiscarding;

    private enum Next
    {
        Method,
        Header,
        Body,
    }

    /// <summary>The content header's fixed part and the property flags.</summary>
    public const int LeastHeader = PropertiesAt + 2;

    /// <summary>True between a delivery's method and the end of its body.</summary>
    public bool IsUnderWay => _next != Next.Method;

    /// <summary>What comes from now on is received and forgotten. Thread-safe.</summary>
    public void Detach() => _sink = null;

    /// <summary>Takes the arguments of <c>basic.deliver</c>, or of <c>basic.get-ok</c>.</summary>
    public void OnMethod(ReadOnlySpan<byte> arguments, bool isPulled = false)
    {
        if (IsUnderWay)
        {
            throw Malformed("a delivery began before the former one was complete");
        }

        string consumerTag = isPulled ? "" : _consumerTag.Of(ShortString(ref arguments));
        if (arguments.Length < sizeof(ulong) + 1)
        {
            throw Malformed("a delivery is cut off");
        }

        ulong tag = BinaryPrimitives.ReadUInt64BigEndian(arguments);
        bool redelivered = (arguments[sizeof(ulong)] & 1) != 0;
        arguments = arguments[(sizeof(ulong) + 1)..];
        string exchange = _exchange.Of(ShortString(ref arguments));
        string routingKey = _routingKey.Of(ShortString(ref arguments));
        _delivery = new IncomingDelivery(tag, redelivered, consumerTag, exchange, routingKey, default, true, null, 0);
        _next = Next.Header;
    }

    /// <summary>Takes <c>basic.get-empty</c>.</summary>
    public void OnEmpty()
    {
        if (IsUnderWay)
        {
            throw Malformed("an answer began before the delivery before it was complete");
        }

        _sink?.OnQueueEmpty();
    }

    /// <summary>Begins a content frame; <see cref="Fill"/> takes its payload, but for what this call has used.</summary>
    /// <param name="isHeader">Whether it is the content header.</param>
    /// <param name="size">The size of the payload.</param>
    /// <param name="start">What is there of the payload, for a header <see cref="LeastHeader"/> at least.</param>
    /// <returns>How much of the payload was used.</returns>
    public int OnContentFrame(bool isHeader, uint size, ReadOnlySpan<byte> start)
    {
        if (isHeader != (_next == Next.Header))
        {
            throw Malformed("header and body of a delivery are out of order");
        }

        return isHeader ? OnHeader(size, start) : OnBody(size);
    }

    /// <summary>Takes the next piece of the frame.</summary>
    /// <returns>How much was used.</returns>
    public int Fill(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, _frameLeft);
        if (!_isDiscarding)
        {
            bytes[..count].CopyTo(_target.AsSpan(_at));
            _at += count;
        }

        _frameLeft -= count;
        return count;
    }

    /// <summary>Whether only the end of the frame is missing.</summary>
    public bool IsFrameFilled => _frameLeft == 0;

    /// <summary>Ends the frame, and with the last one the delivery.</summary>
    /// <returns>The sink that was given a delivery; null when there is none.</returns>
    public IDeliverySink? EndFrame()
    {
        if (_next == Next.Header)
        {
            if (!PropertiesCheck.IsReadable(_delivery.Properties.Span))
            {
                _delivery = _delivery with { Properties = default, IsReadable = false };
            }

            _target = _delivery.Buffer ?? [];
            _at = 0;
            _isDiscarding = _delivery.TooLarge > 0;
            _next = Next.Body;
        }

        return _bodyLeft == 0 ? Complete() : null;
    }

    private IDeliverySink? Complete()
    {
        _next = Next.Method;
        _target = [];
        _isDiscarding = false;
        IDeliverySink? receiver = _sink;
        if (receiver is not null)
        {
            receiver.OnDelivery(_delivery);
        }
        else if (_delivery.Buffer is { } unused)
        {
            ArrayPool<byte>.Shared.Return(unused);
        }

        return receiver;
    }

    private int OnHeader(uint size, ReadOnlySpan<byte> start)
    {
        ulong body = BinaryPrimitives.ReadUInt64BigEndian(start[4..]);
        if (BinaryPrimitives.ReadUInt16BigEndian(start) != BasicClass || size > IncomingFrames.MaxHeader)
        {
            throw Malformed("a content header is not valid");
        }

        if (body > IncomingFrames.LargestContent)
        {
            throw Malformed(FormattableString.Invariant($"a body of {body} bytes, and no broker takes more than {IncomingFrames.LargestContent}"));
        }

        bool isTooLarge = body > (ulong)maxContent;

        // Two octets of flags that say that there is nothing.
        bool isEmpty = size == LeastHeader;
        _frameLeft = isEmpty ? 0 : (int)size - PropertiesAt;
        _target = SpaceFor(_frameLeft);
        _at = 0;
        _bodyLeft = (int)body;
        _delivery = _delivery with { Properties = _target.AsMemory(0, _frameLeft), Buffer = body == 0 || isTooLarge ? null : ArrayPool<byte>.Shared.Rent((int)body), BodyLength = isTooLarge ? 0 : (int)body, TooLarge = isTooLarge ? (long)body : 0 };
        return isEmpty ? LeastHeader : PropertiesAt;
    }

    private byte[] SpaceFor(int properties)
    {
        if (properties > MostKept)
        {
            return new byte[properties];
        }

        if (_properties.Length < properties)
        {
            _properties = new byte[Math.Max(properties, _properties.Length * 2)];
        }

        return _properties;
    }

    private int OnBody(uint size)
    {
        if (size > _bodyLeft)
        {
            throw Malformed("a body is longer than its header says");
        }

        _frameLeft = (int)size;
        _bodyLeft -= (int)size;
        return 0;
    }

    private static ReadOnlySpan<byte> ShortString(ref ReadOnlySpan<byte> arguments)
    {
        if (arguments.IsEmpty || arguments.Length < 1 + arguments[0])
        {
            throw Malformed("a delivery is cut off");
        }

        ReadOnlySpan<byte> text = arguments.Slice(1, arguments[0]);
        arguments = arguments[(1 + text.Length)..];
        return text;
    }

    private static InvalidDataException Malformed(string what) => new($"The broker sent what is not AMQP: {what}.");
}
