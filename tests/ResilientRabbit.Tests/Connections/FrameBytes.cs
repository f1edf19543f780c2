using System.Buffers.Binary;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Frames as the driver writes them.</summary>
internal static class FrameBytes
{
    public static byte[] ProtocolHeader { get; } = [.. "AMQP"u8, 0, 0, 9, 1];

    public static byte[] Heartbeat { get; } = Frame(8, 0, []);

    public static byte[] Method(int channel, int classId, int methodId, int arguments = 0)
        => Frame(1, channel, [(byte)(classId >> 8), (byte)classId, (byte)(methodId >> 8), (byte)methodId, .. new byte[arguments]]);

    public static byte[] Frame(byte type, int channel, byte[] payload)
    {
        byte[] frame = new byte[payload.Length + 8];
        frame[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(3), (uint)payload.Length);
        payload.CopyTo(frame, 7);
        frame[^1] = 0xCE;
        return frame;
    }

    /// <summary>Cuts a stream into its frames; fails when one is broken by another.</summary>
    public static List<(byte Type, int Channel, byte[] Payload)> Parse(ReadOnlySpan<byte> bytes)
    {
        List<(byte, int, byte[])> frames = [];
        while (!bytes.IsEmpty)
        {
            int size = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
            Xunit.Assert.Equal(0xCE, bytes[7 + size]);
            frames.Add((bytes[0], BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]), bytes.Slice(7, size).ToArray()));
            bytes = bytes[(size + 8)..];
        }

        return frames;
    }
}
