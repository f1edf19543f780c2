using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>
/// Walks over the properties of a message without decoding them: whether the driver's decoder can read them, and not too deep for its recursion. A table nested
/// 26,000 deep, which any publisher may send, ended the process.
/// </summary>
internal static class PropertiesCheck
{
    /// <summary>Tables and lists within each other; far more than anybody means.</summary>
    public const int MaxDepth = 64;

    /// <summary>What the driver's recursion takes anywhere: a thread may have 1.5 MB of stack.</summary>
    public const int MaxDriverDepth = 512;

    private const int FlagsSize = 2;
    private const byte LargestDecimalScale = 28;

    /// <param name="properties">The flags and what follows them in the content header.</param>
    /// <param name="maxDepth">Tables and lists within each other.</param>
    public static bool IsReadable(ReadOnlySpan<byte> properties, int maxDepth = MaxDepth)
    {
        if (properties.Length < FlagsSize)
        {
            return properties.IsEmpty;
        }

        // The order of the properties is that of their flags: short strings, but for the table, the two octets and the timestamp.
        int flags = BinaryPrimitives.ReadUInt16BigEndian(properties);
        long at = FlagsSize;
        for (int bit = 15; bit >= 2 && at <= properties.Length; bit--)
        {
            if ((flags & (1 << bit)) == 0)
            {
                continue;
            }

            if (bit == 13)
            {
                if (!TryPassTable(properties, ref at, maxDepth))
                {
                    return false;
                }
            }
            else if (bit is 12 or 11)
            {
                at++;
            }
            else if (bit == 6)
            {
                at += sizeof(long);
            }
            else
            {
                if (at >= properties.Length)
                {
                    return false;
                }

                at += 1 + properties[(int)at];
            }
        }

        return at <= properties.Length;
    }

    /// <summary>Whether a table can be read that begins here; what follows it does not matter.</summary>
    public static bool BeginsWithTable(ReadOnlySpan<byte> bytes, int maxDepth)
    {
        long at = 0;
        return TryPassTable(bytes, ref at, maxDepth);
    }

    private static bool TryPassTable(ReadOnlySpan<byte> bytes, ref long at, int maxDepth)
    {
        Span<long> ends = stackalloc long[maxDepth];
        Span<bool> isTable = stackalloc bool[maxDepth];
        int depth = -1;
        if (!TryEnter(bytes, bytes.Length, ref at, ref depth, ends))
        {
            return false;
        }

        isTable[0] = true;
        while (depth >= 0)
        {
            long end = ends[depth];
            if (at == end)
            {
                depth--;
                continue;
            }

            if (isTable[depth])
            {
                at += 1 + bytes[(int)at];
            }

            if (at >= end)
            {
                return false;
            }

            byte type = bytes[(int)at++];
            if (type is (byte)'F' or (byte)'A')
            {
                if (!TryEnter(bytes, end, ref at, ref depth, ends))
                {
                    return false;
                }

                isTable[depth] = type == (byte)'F';
                continue;
            }

            long size = SizeOf(type, bytes[(int)at..(int)end]);
            at += size;
            if (size < 0 || at > end)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryEnter(ReadOnlySpan<byte> bytes, long limit, ref long at, ref int depth, Span<long> ends)
    {
        if (at + sizeof(uint) > limit || depth + 1 >= ends.Length)
        {
            return false;
        }

        long end = at + sizeof(uint) + BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)at..]);
        at += sizeof(uint);
        ends[++depth] = end;
        return end <= limit;
    }

    /// <summary>The size of a value behind its type; negative when there is no such value.</summary>
    private static long SizeOf(byte type, ReadOnlySpan<byte> rest) => type switch
    {
        (byte)'V' => 0,
        (byte)'t' or (byte)'b' or (byte)'B' => 1,
        (byte)'s' or (byte)'u' => 2,
        (byte)'I' or (byte)'i' or (byte)'f' => 4,
        (byte)'l' or (byte)'d' or (byte)'T' => 8,
        (byte)'D' => rest.Length > 0 && rest[0] <= LargestDecimalScale ? 5 : -1,
        (byte)'S' or (byte)'x' => rest.Length >= sizeof(uint) ? sizeof(uint) + (long)BinaryPrimitives.ReadUInt32BigEndian(rest) : -1,
        _ => -1,
    };
}
