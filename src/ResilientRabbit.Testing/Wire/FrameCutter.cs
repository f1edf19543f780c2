using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Cuts bytes that are already in memory into frames.</summary>
internal static class FrameCutter
{
    private const uint MaxPayload = 128 * 1024 * 1024;

    /// <summary>Takes the first frame off the bytes.</summary>
    /// <param name="bytes">The bytes; what is left of them.</param>
    /// <param name="frame">The frame, over the same memory.</param>
    /// <returns>False when there is no whole frame at the beginning: see <see cref="MayBegin"/>.</returns>
    public static bool TryTake(ref ReadOnlyMemory<byte> bytes, out Frame frame)
    {
        frame = default;
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < Frame.Overhead || !MayBegin(span))
        {
            return false;
        }

        long whole = (long)BinaryPrimitives.ReadUInt32BigEndian(span[3..]) + Frame.Overhead;
        if (whole > span.Length || span[(int)whole - 1] != Frame.End)
        {
            return false;
        }

        frame = new Frame((FrameType)span[0], BinaryPrimitives.ReadUInt16BigEndian(span[1..]), bytes[..(int)whole]);
        bytes = bytes[(int)whole..];
        return true;
    }

    /// <summary>Whether the bytes can be a frame, or the beginning of one.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return true;
        }

        if (bytes[0] is not ((byte)FrameType.Method or (byte)FrameType.Header or (byte)FrameType.Body or (byte)FrameType.Heartbeat))
        {
            return false;
        }

        if (bytes.Length < Frame.HeaderSize)
        {
            return true;
        }

        uint payload = BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
        return payload <= MaxPayload && (bytes.Length < payload + Frame.Overhead || bytes[(int)payload + Frame.Overhead - 1] == Frame.End);
    }

    /// <summary>The whole frames at the beginning of the bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="rest">What is no whole frame.</param>
    /// <returns>The frames, over the same memory.</returns>
    public static List<Frame> Cut(ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> rest)
    {
        List<Frame> frames = [];
        rest = bytes;
        while (TryTake(ref rest, out Frame frame))
        {
            frames.Add(frame);
        }

        return frames;
    }
}
