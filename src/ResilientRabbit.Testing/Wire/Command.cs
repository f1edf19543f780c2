using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// One method with all of its content: its frames as they stand on the wire, one after the other. Also a heartbeat, or a content frame that
/// belongs to no method. Owns its bytes.
/// </summary>
internal sealed class Command
{
    public Command(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        ReadOnlySpan<byte> span = bytes.Span;
        Channel = BinaryPrimitives.ReadUInt16BigEndian(span[1..]);
        Method = span[0] == (byte)FrameType.Method && span.Length >= Frame.Overhead + 4
            ? (AmqpMethod)BinaryPrimitives.ReadInt32BigEndian(span[Frame.HeaderSize..])
            : AmqpMethod.None;
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    public ushort Channel { get; }

    public AmqpMethod Method { get; }

    /// <summary>For basic.publish: its number on its channel as the client counts, from 1 after confirm.select; 0 when nobody counts.</summary>
    public ulong PublishNumber { get; init; }

    public bool IsHeartbeat => Bytes.Span[0] == (byte)FrameType.Heartbeat;

    /// <summary>Its frames, in order.</summary>
    public IReadOnlyList<Frame> Frames => FrameCutter.Cut(Bytes, out _);

    /// <summary>The fields of its method frame.</summary>
    /// <exception cref="AmqpWireException">They are malformed.</exception>
    public TMethod Read<TMethod>()
        where TMethod : struct, IAmqpMethod<TMethod>
        => Frames is [var first, ..] ? first.Read<TMethod>() : throw AmqpWireException.Frame("no whole frame");

    public static bool HasContent(AmqpMethod method)
        => method is AmqpMethod.BasicPublish or AmqpMethod.BasicDeliver or AmqpMethod.BasicReturn or AmqpMethod.BasicGetOk;
}
