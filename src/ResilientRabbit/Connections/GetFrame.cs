using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.Connections;

/// <summary>The frame of <c>basic.get</c> (AMQP 0-9-1, section 1.8.3.10).</summary>
internal static class GetFrame
{
    private const byte MethodFrame = 1;
    private const byte FrameEnd = 0xCE;

    /// <summary>With an acknowledgement due.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="queue">At most 255 bytes in UTF-8.</param>
    public static byte[] Of(int channel, string queue)
    {
        byte[] name = Encoding.UTF8.GetBytes(queue);

        // Class and method, a reserved short, the name, the bit of no-ack.
        byte[] frame = new byte[7 + 4 + 2 + 1 + name.Length + 1 + 1];
        frame[0] = MethodFrame;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(3), (uint)(frame.Length - 8));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(7), AmqpMethods.BasicGet);
        frame[13] = (byte)name.Length;
        name.CopyTo(frame, 14);
        frame[^1] = FrameEnd;
        return frame;
    }
}
