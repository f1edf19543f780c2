using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>The frames of <c>basic.ack</c> and <c>basic.nack</c> (AMQP 0-9-1, section 1.8.3.13 and RabbitMQ's extension).</summary>
internal static class SettlementFrame
{
    /// <summary>Type, channel, size, class, method, tag, flags, end.</summary>
    public const int Size = 7 + 4 + 8 + 1 + 1;

    private const byte MethodFrame = 1;
    private const byte FrameEnd = 0xCE;
    private const byte MultipleBit = 1;
    private const byte RequeueBit = 2;

    public static void WriteAck(Span<byte> frame, int channel, ulong tag, bool multiple) => Write(frame, channel, AmqpMethods.BasicAck, tag, multiple ? MultipleBit : (byte)0);

    public static void WriteNack(Span<byte> frame, int channel, ulong tag, bool requeue) => Write(frame, channel, AmqpMethods.BasicNack, tag, requeue ? RequeueBit : (byte)0);

    private static void Write(Span<byte> frame, int channel, uint method, ulong tag, byte flags)
    {
        frame[0] = MethodFrame;
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], (ushort)channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame[3..], Size - 8);
        BinaryPrimitives.WriteUInt32BigEndian(frame[7..], method);
        BinaryPrimitives.WriteUInt64BigEndian(frame[11..], tag);
        frame[19] = flags;
        frame[20] = FrameEnd;
    }
}
