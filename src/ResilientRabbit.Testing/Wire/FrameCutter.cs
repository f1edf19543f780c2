using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Cuts bytes that are already in memory into frames.</summary>
internal static class FrameCutter
{
    /// <summary>The whole frames at the beginning of the bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="rest">What is no whole frame.</param>
    /// <returns>The frames, over the same memory.</returns>
    public static List<Frame> Cut(ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> rest)
    {
        List<Frame> frames = [];
        rest = bytes;
        while (rest.Length >= Frame.Overhead)
        {
            ReadOnlySpan<byte> span = rest.Span;
            long whole = (long)BinaryPrimitives.ReadUInt32BigEndian(span[3..]) + Frame.Overhead;
            if (whole > rest.Length || span[(int)whole - 1] != Frame.End)
            {
                break;
            }

            frames.Add(new Frame((FrameType)span[0], BinaryPrimitives.ReadUInt16BigEndian(span[1..]), rest[..(int)whole]));
            rest = rest[(int)whole..];
        }

        return frames;
    }
}
