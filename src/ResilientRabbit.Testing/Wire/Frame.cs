using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// One frame inside the reader's buffer. Nothing is copied: it is valid until the next <see cref="FrameReader.FillAsync"/>, so whoever keeps
/// something of it takes a copy.
/// </summary>
internal readonly struct Frame
{
    /// <summary>Type, channel and size before the payload, the end octet after it.</summary>
    public const int Overhead = 8;

    public const int HeaderSize = 7;
    public const byte End = 0xCE;

    private readonly ShortStringCache? _names;

    public Frame(FrameType type, ushort channel, ReadOnlyMemory<byte> raw, ShortStringCache? names = null)
    {
        Type = type;
        Channel = channel;
        Raw = raw;
        _names = names;
    }

    public FrameType Type { get; }

    public ushort Channel { get; }

    /// <summary>The whole frame, from the type to the end octet.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    public ReadOnlySpan<byte> Payload => Raw.Span[HeaderSize..^1];

    public ReadOnlyMemory<byte> PayloadMemory => Raw[HeaderSize..^1];

    /// <summary>Which method a method frame holds; <see cref="AmqpMethod.None"/> for other frames.</summary>
    /// <exception cref="AmqpWireException">The frame is too short for the number of a method.</exception>
    public AmqpMethod Method
    {
        get
        {
            if (Type != FrameType.Method)
            {
                return AmqpMethod.None;
            }

            ReadOnlySpan<byte> payload = Payload;
            return payload.Length >= 4
                ? (AmqpMethod)BinaryPrimitives.ReadInt32BigEndian(payload)
                : throw AmqpWireException.Frame($"a method frame with {payload.Length} bytes");
        }
    }

    /// <summary>The fields of a method frame.</summary>
    /// <exception cref="AmqpWireException">A field reaches beyond the frame, or bytes are left over (502).</exception>
    public TMethod Read<TMethod>()
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        var reader = new WireReader(Payload[4..], _names);
        TMethod method = TMethod.Read(ref reader);
        return reader.AtEnd
            ? method
            : throw AmqpWireException.Syntax($"{reader.Remaining} bytes after the last field of {TMethod.Id}");
    }
}
