using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>
/// The one place that puts publishes into frames: method, header and body, byte for byte what the driver's publish writes (AMQP 0-9-1,
/// sections 4.2 and 1.8.3.7), without its lock, queue and copy for each message. Properties with anything unusual are encoded by the driver's own code.
/// </summary>
/// <remarks>Not thread-safe: one writer.</remarks>
internal sealed class PublishEncoder
{
    private const int InitialSize = 16 * 1024;
    private const int LargestKept = 256 * 1024;
    private const int MaxShortString = 256;
    private const byte MethodFrame = 1;
    private const byte HeaderFrame = 2;
    private const byte BodyFrame = 3;
    private const byte FrameEnd = 0xCE;
    private const int FrameHeader = 7;
    private const int FrameOverhead = FrameHeader + 1;
    private const int HeaderFixed = 12;
    private const ushort BasicClass = 60;

    // Headers, delivery-mode and message-id: bits 13, 12 and 7 of the property flags.
    private const ushort PlainFlags = (1 << 13) | (1 << 12) | (1 << 7);

    private readonly ushort _channel;
    private readonly int _maxPayload;
    private readonly byte[] _idEntry;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
    private byte[] _method = [];
    private int _length;
    private string? _exchange;
    private string? _routingKey;
    private bool _mandatory;

    /// <param name="channel">The channel's number.</param>
    /// <param name="frameMax">The largest frame the connection has agreed to; 0 is no limit.</param>
    public PublishEncoder(int channel, uint frameMax)
    {
        _channel = (ushort)channel;
        _maxPayload = frameMax == 0 ? int.MaxValue : (int)(Math.Min((long)frameMax, int.MaxValue) - FrameOverhead);

        // The header table with the one entry: its length, the name, and the type of a signed 64-bit number.
        byte[] name = Encoding.ASCII.GetBytes(PublishChannel.PublishIdHeader);
        _idEntry = [0, 0, 0, (byte)(1 + name.Length + 1 + sizeof(long)), (byte)name.Length, .. name, (byte)'l'];
    }

    /// <summary>The frames added since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Messages added since the last <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the frames of a message. When it throws, nothing was added.</summary>
    public void Add(in OutgoingPublish message)
    {
        if (!ReferenceEquals(message.Exchange, _exchange) || !ReferenceEquals(message.RoutingKey, _routingKey) || message.Mandatory != _mandatory)
        {
            EncodeMethod(message);
        }

        IAmqpHeader? header = message.Properties;
        int properties = header?.GetRequiredBufferSize() ?? PlainSize(message.Plain);
        if (HeaderFixed + properties > _maxPayload)
        {
            // A header cannot be split over frames: the broker would close the connection (501), and again after each replay.
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"properties and headers take {properties} bytes, and the broker's frames hold {_maxPayload - HeaderFixed} of them (frame_max {_maxPayload + FrameOverhead})"));
        }

        int body = message.Body.Length;
        int bodyFrames = (int)((body + (long)_maxPayload - 1) / _maxPayload);
        Reserve(checked(_method.Length + FrameOverhead + HeaderFixed + properties + body + (bodyFrames * FrameOverhead)));

        Span<byte> free = _bytes.AsSpan(_length);
        _method.CopyTo(free);
        int at = _method.Length;
        Span<byte> payload = free[(at + FrameHeader)..];
        BinaryPrimitives.WriteUInt16BigEndian(payload, BasicClass);
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], 0);
        BinaryPrimitives.WriteUInt64BigEndian(payload[4..], (ulong)body);
        int written = header?.WriteTo(payload[HeaderFixed..]) ?? WritePlain(payload[HeaderFixed..], message.Plain);
        at += Frame(free[at..], HeaderFrame, HeaderFixed + written);
        ReadOnlySpan<byte> rest = message.Body.Span;
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> piece = rest[..Math.Min(rest.Length, _maxPayload)];
            piece.CopyTo(free[(at + FrameHeader)..]);
            at += Frame(free[at..], BodyFrame, piece.Length);
            rest = rest[piece.Length..];
        }

        _length += at;
        Count++;
    }

    public void Clear()
    {
        Count = 0;
        _length = 0;
        if (_bytes.Length > LargestKept)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
        }
    }

    private static int ShortString(Span<byte> target, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, target[1..MaxShortString]);
        target[0] = (byte)length;
        return 1 + length;
    }

    /// <summary>The method frame is the same for all messages of one exchange, key and flag: it is encoded when one of them changes.</summary>
    private void EncodeMethod(in OutgoingPublish message)
    {
        Span<byte> frame = stackalloc byte[FrameOverhead + 7 + (2 * MaxShortString)];
        Span<byte> payload = frame[FrameHeader..];
        BinaryPrimitives.WriteUInt32BigEndian(payload, AmqpMethods.BasicPublish);
        BinaryPrimitives.WriteUInt16BigEndian(payload[4..], 0);
        int at = 6;
        at += ShortString(payload[at..], message.Exchange);
        at += ShortString(payload[at..], message.RoutingKey);
        payload[at++] = message.Mandatory ? (byte)1 : (byte)0;
        int length = Frame(frame, MethodFrame, at);
        if (_method.Length != length)
        {
            _method = new byte[length];
        }

        frame[..length].CopyTo(_method);
        (_exchange, _routingKey, _mandatory) = (message.Exchange, message.RoutingKey, message.Mandatory);
    }

    private int PlainSize(in PlainProperties plain)
        => 2 + _idEntry.Length + sizeof(long) + 1 + 1 + (plain.MessageId is { } id ? Encoding.UTF8.GetByteCount(id) : plain.Ids!.LengthOf(plain.PublishId));

    private int WritePlain(Span<byte> target, in PlainProperties plain)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, PlainFlags);
        int at = 2;
        _idEntry.CopyTo(target[at..]);
        at += _idEntry.Length;
        BinaryPrimitives.WriteInt64BigEndian(target[at..], plain.PublishId);
        at += sizeof(long);
        target[at++] = (byte)(plain.IsPersistent ? DeliveryModes.Persistent : DeliveryModes.Transient);
        int length = plain.MessageId is { } id ? Encoding.UTF8.GetBytes(id, target[(at + 1)..]) : plain.Ids!.Write(target[(at + 1)..], plain.PublishId);
        target[at] = (byte)length;
        return at + 1 + length;
    }

    private int Frame(Span<byte> frame, byte type, int size)
    {
        frame[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], _channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame[3..], (uint)size);
        frame[FrameHeader + size] = FrameEnd;
        return size + FrameOverhead;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _length >= count)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, checked(_length + count)));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
