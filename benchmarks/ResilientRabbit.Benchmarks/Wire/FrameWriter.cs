using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.Benchmarks.Wire;

/// <summary>Builds AMQP 0-9-1 frames, for the sink and for the raw publisher.</summary>
internal sealed class FrameWriter
{
    public const byte Method = 1;
    public const byte Header = 2;
    public const byte Body = 3;
    public const byte Heartbeat = 8;
    public const byte End = 0xCE;

    private readonly MemoryStream _bytes = new();
    private long _frameStart;

    public byte[] ToArray() => _bytes.ToArray();

    public FrameWriter BeginFrame(byte type, int channel)
    {
        _frameStart = _bytes.Position;
        return Octet(type).Short(channel).Long(0);
    }

    public FrameWriter BeginMethod(int channel, int classId, int methodId) => BeginFrame(Method, channel).Short(classId).Short(methodId);

    public FrameWriter EndFrame()
    {
        long end = _bytes.Position;
        _bytes.Position = _frameStart + 3;
        Long((uint)(end - _frameStart - 7));
        _bytes.Position = end;
        return Octet(End);
    }

    public FrameWriter Octet(byte value)
    {
        _bytes.WriteByte(value);
        return this;
    }

    public FrameWriter Short(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        _bytes.Write(bytes);
        return this;
    }

    public FrameWriter Long(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public FrameWriter LongLong(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public FrameWriter ShortString(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Octet((byte)bytes.Length);
        return Raw(bytes);
    }

    public FrameWriter LongString(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Long((uint)bytes.Length);
        return Raw(bytes);
    }

    public FrameWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>A table whose values are true.</summary>
    public FrameWriter Flags(params string[] names)
    {
        var table = new FrameWriter();
        foreach (string name in names)
        {
            table.ShortString(name).Octet((byte)'t').Octet(1);
        }

        byte[] content = table.ToArray();
        return Long((uint)content.Length).Raw(content);
    }
}
