using System.Buffers.Binary;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Frames out of bytes that were kept.</summary>
internal static class Frames
{
    public static Frame Parse(byte[] raw) => new((FrameType)raw[0], BinaryPrimitives.ReadUInt16BigEndian(raw.AsSpan(1)), raw);
}
