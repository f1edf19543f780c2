using System.Text;
using ResilientRabbit.ProtocolTests.Raw;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>What no broker sends.</summary>
internal static class HostileBytes
{
    public static byte[] Frame(byte type, ushort channel, ReadOnlySpan<byte> payload, byte end = 0xCE) =>
        new ArgumentWriter().Octet(type).Short(channel).LongString(payload).Octet(end).ToArray();

    /// <summary>The head of a frame whose size is a lie, and a few bytes.</summary>
    public static byte[] Sized(uint size) => new ArgumentWriter().Octet(RawFrame.MethodType).Short(0).Long(size).Bytes(new byte[64]).ToArray();

    public static byte[] Method(ushort channel, ushort classId, ushort methodId, Action<ArgumentWriter>? write = null)
    {
        ArgumentWriter arguments = new ArgumentWriter().Short(classId).Short(methodId);
        write?.Invoke(arguments);
        return Frame(RawFrame.MethodType, channel, arguments.ToArray());
    }

    public static byte[] Deliver(ushort channel, string consumerTag, ulong deliveryTag) =>
        Method(channel, 60, 60, arguments => arguments.ShortString(consumerTag).LongLong(deliveryTag).Octet(0).ShortString("").ShortString("q"));

    public static byte[] Header(ushort channel, ulong bodySize, ushort flags = 0, byte[]? properties = null) =>
        Frame(RawFrame.HeaderType, channel, new ArgumentWriter().Short(60).Short(0).LongLong(bodySize).Short(flags).Bytes(properties ?? []).ToArray());

    public static byte[] Body(ushort channel, int size) => Frame(RawFrame.BodyType, channel, new byte[size]);

    public static byte[] Start(byte[] serverProperties, string mechanisms) =>
        Method(0, 10, 10, arguments => arguments.Octet(0).Octet(9).LongString(serverProperties).LongString(mechanisms).LongString("en_US"));

    /// <summary>A header table with arrays in arrays: five bytes for each level.</summary>
    public static byte[] NestedTable(int levels)
    {
        byte[] nested = new byte[levels * 5];
        for (int level = 0; level < levels; level++)
        {
            nested[level * 5] = (byte)'A';
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(nested.AsSpan((level * 5) + 1), (uint)((levels - level - 1) * 5));
        }

        return new ArgumentWriter().LongString(new ArgumentWriter().ShortString("n").Bytes(nested).ToArray()).ToArray();
    }

    /// <summary>The content of a table with so many entries.</summary>
    public static byte[] ManyEntries(int count)
    {
        var content = new MemoryStream();
        for (int number = 0; number < count; number++)
        {
            byte[] key = Encoding.ASCII.GetBytes(number.ToString("X6", System.Globalization.CultureInfo.InvariantCulture));
            content.WriteByte((byte)key.Length);
            content.Write(key);
            content.WriteByte((byte)'t');
            content.WriteByte(1);
        }

        return content.ToArray();
    }

    public static byte[] Together(params byte[][] parts) => [.. parts.SelectMany(static part => part)];
}
