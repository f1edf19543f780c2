using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Frames into a <see cref="WireWriter"/>: the caller flushes once per burst.</summary>
internal static class FrameWriting
{
    public static void WriteMethod<TMethod>(this WireWriter writer, ushort channel, in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        int size = BeginFrame(writer, FrameType.Method, channel);
        writer.Long((uint)TMethod.Id);
        method.Write(writer);
        EndFrame(writer, size);
    }

    /// <summary>A method with content: its frame, the header and as many body frames as <paramref name="maxFrameSize"/> asks for (0: one).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="method">basic.publish, return, deliver or get-ok.</param>
    /// <param name="properties">The properties as they stand on the wire: flags, then the list.</param>
    /// <param name="body">The body.</param>
    /// <param name="maxFrameSize">The negotiated limit of a whole frame, in bytes.</param>
    /// <typeparam name="TMethod">The method.</typeparam>
    public static void WriteContent<TMethod>(
        this WireWriter writer,
        ushort channel,
        in TMethod method,
        ReadOnlySpan<byte> properties,
        ReadOnlySpan<byte> body,
        int maxFrameSize)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        WriteMethod(writer, channel, method);
        WriteHeader(writer, channel, (ulong)body.Length, properties);
        int most = maxFrameSize == 0 ? int.MaxValue : maxFrameSize - Frame.Overhead;
        while (!body.IsEmpty)
        {
            int count = Math.Min(most, body.Length);
            WriteFrame(writer, FrameType.Body, channel, body[..count]);
            body = body[count..];
        }
    }

    public static void WriteHeader(this WireWriter writer, ushort channel, ulong bodySize, ReadOnlySpan<byte> properties)
    {
        Span<byte> room = writer.Room(Frame.Overhead + ContentHeader.FixedSize + properties.Length);
        PutFrameHeader(room, FrameType.Header, channel, ContentHeader.FixedSize + properties.Length);
        Span<byte> payload = room[Frame.HeaderSize..];
        BinaryPrimitives.WriteUInt16BigEndian(payload, ContentHeader.BasicClass);
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], 0);
        BinaryPrimitives.WriteUInt64BigEndian(payload[4..], bodySize);
        properties.CopyTo(payload[ContentHeader.FixedSize..]);
        room[^1] = Frame.End;
    }

    public static void WriteFrame(this WireWriter writer, FrameType type, ushort channel, ReadOnlySpan<byte> payload)
    {
        Span<byte> room = writer.Room(Frame.Overhead + payload.Length);
        PutFrameHeader(room, type, channel, payload.Length);
        payload.CopyTo(room[Frame.HeaderSize..]);
        room[^1] = Frame.End;
    }

    public static void WriteHeartbeat(this WireWriter writer) => WriteFrame(writer, FrameType.Heartbeat, 0, []);

    /// <summary>basic.ack in one piece: the frame that a broker writes most.</summary>
    public static void WriteAck(this WireWriter writer, ushort channel, ulong deliveryTag, bool multiple)
    {
        Span<byte> room = writer.Room(Frame.Overhead + 13);
        PutFrameHeader(room, FrameType.Method, channel, 13);
        BinaryPrimitives.WriteUInt32BigEndian(room[7..], (uint)AmqpMethod.BasicAck);
        BinaryPrimitives.WriteUInt64BigEndian(room[11..], deliveryTag);
        room[19] = multiple ? (byte)1 : (byte)0;
        room[20] = Frame.End;
    }

    private static int BeginFrame(WireWriter writer, FrameType type, ushort channel)
    {
        writer.Octet((byte)type).Short(channel);
        return writer.ReserveLong();
    }

    private static void EndFrame(WireWriter writer, int size)
    {
        writer.FillLong(size);
        writer.Octet(Frame.End);
    }

    private static void PutFrameHeader(Span<byte> room, FrameType type, ushort channel, int size)
    {
        room[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(room[1..], channel);
        BinaryPrimitives.WriteUInt32BigEndian(room[3..], (uint)size);
    }
}
