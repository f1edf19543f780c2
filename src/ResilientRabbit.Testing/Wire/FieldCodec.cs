using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// Field tables as RabbitMQ reads and writes them (its errata of the AMQP 0-9-1 types, which win over the specification):
/// t bool · b sbyte · B byte · s short · u ushort · I int · i uint · l long · L ulong · f float · d double · D decimal · S string (or
/// <see cref="AmqpLongString"/> when it is no UTF-8) · x byte[] · T <see cref="AmqpTimestamp"/> · A list · F <see cref="AmqpTable"/> · V null.
/// </summary>
internal static class FieldCodec
{
    /// <summary>Deeper tables are refused: reading is recursive, and a frame has room for 26,000 levels.</summary>
    public const int MaxDepth = 64;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static AmqpTable ReadTable(ref WireReader reader, int depth)
    {
        var inner = new WireReader(reader.LongSpan());
        AmqpTable table = [];
        CheckDepth(depth);
        while (!inner.AtEnd)
        {
            string name = inner.ShortString();
            table[name] = ReadValue(ref inner, depth);
        }

        return table;
    }

    public static void WriteTable(WireWriter writer, AmqpTable? table, int depth)
    {
        CheckDepth(depth);
        int length = writer.ReserveLong();
        if (table is not null)
        {
            foreach ((string name, object? value) in table)
            {
                writer.ShortString(name);
                WriteValue(writer, value, depth);
            }
        }

        writer.FillLong(length);
    }

    private static object? ReadValue(ref WireReader reader, int depth)
    {
        byte type = reader.Octet();
        return (char)type switch
        {
            't' => reader.Octet() != 0,
            'b' => (sbyte)reader.Octet(),
            'B' => reader.Octet(),
            's' => (short)reader.Short(),
            'u' => reader.Short(),
            'I' => (int)reader.Long(),
            'i' => reader.Long(),
            'l' => (long)reader.LongLong(),
            'L' => reader.LongLong(),
            'f' => BinaryPrimitives.ReadSingleBigEndian(reader.Take(4)),
            'd' => BinaryPrimitives.ReadDoubleBigEndian(reader.Take(8)),
            'D' => ReadDecimal(ref reader),
            'S' => ReadText(reader.LongSpan()),
            'x' => reader.LongBytes(),
            'T' => new AmqpTimestamp(reader.LongLong()),
            'A' => ReadArray(ref reader, depth + 1),
            'F' => ReadTable(ref reader, depth + 1),
            'V' => null,
            _ => throw AmqpWireException.Syntax($"a field of the unknown type 0x{type:X2}"),
        };
    }

    private static void WriteValue(WireWriter writer, object? value, int depth)
    {
        switch (value)
        {
            case null: writer.Octet((byte)'V'); break;
            case string text: writer.Octet((byte)'S').LongString(text); break;
            case AmqpLongString text: writer.Octet((byte)'S').LongBytes(text.Bytes); break;
            case byte[] bytes: writer.Octet((byte)'x').LongBytes(bytes); break;
            case AmqpTimestamp time: writer.Octet((byte)'T').LongLong(time.Seconds); break;
            case AmqpTable table: writer.Octet((byte)'F'); WriteTable(writer, table, depth + 1); break;
            case IReadOnlyList<object?> list: WriteArray(writer, list, depth + 1); break;
            default: WriteNumber(writer, value); break;
        }
    }

    private static void WriteNumber(WireWriter writer, object value)
    {
        switch (value)
        {
            case bool b: writer.Octet((byte)'t').Octet(b ? (byte)1 : (byte)0); break;
            case sbyte b: writer.Octet((byte)'b').Octet((byte)b); break;
            case byte b: writer.Octet((byte)'B').Octet(b); break;
            case short s: writer.Octet((byte)'s').Short((ushort)s); break;
            case ushort s: writer.Octet((byte)'u').Short(s); break;
            case int i: writer.Octet((byte)'I').Long((uint)i); break;
            case uint i: writer.Octet((byte)'i').Long(i); break;
            case long l: writer.Octet((byte)'l').LongLong((ulong)l); break;
            case ulong l: writer.Octet((byte)'L').LongLong(l); break;
            case float f: BinaryPrimitives.WriteSingleBigEndian(writer.Octet((byte)'f').Room(4), f); break;
            case double d: BinaryPrimitives.WriteDoubleBigEndian(writer.Octet((byte)'d').Room(8), d); break;
            case decimal d: WriteDecimal(writer, d); break;
            default: throw new ArgumentException($"A field table holds no {value.GetType()}.", nameof(value));
        }
    }

    private static object ReadText(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return new AmqpLongString(bytes.ToArray());
        }
    }

    private static List<object?> ReadArray(ref WireReader reader, int depth)
    {
        var inner = new WireReader(reader.LongSpan());
        List<object?> list = [];
        CheckDepth(depth);
        while (!inner.AtEnd)
        {
            list.Add(ReadValue(ref inner, depth));
        }

        return list;
    }

    private static void WriteArray(WireWriter writer, IReadOnlyList<object?> list, int depth)
    {
        CheckDepth(depth);
        int length = writer.Octet((byte)'A').ReserveLong();
        foreach (object? value in list)
        {
            WriteValue(writer, value, depth);
        }

        writer.FillLong(length);
    }

    // The scale counts decimal places; .NET's decimal has no more than 28 of them.
    private static decimal ReadDecimal(ref WireReader reader)
    {
        byte scale = reader.Octet();
        long value = (int)reader.Long();
        return scale <= 28
            ? new decimal((int)Math.Abs(value), 0, 0, value < 0, scale)
            : throw AmqpWireException.Syntax($"a decimal with the scale {scale}");
    }

    private static void WriteDecimal(WireWriter writer, decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        long size = value < 0 ? -(long)(uint)parts[0] : (uint)parts[0];
        if (parts[1] != 0 || parts[2] != 0 || size is < int.MinValue or > int.MaxValue)
        {
            throw new ArgumentException($"The decimal {value} does not fit into 32 bits.", nameof(value));
        }

        writer.Octet((byte)'D').Octet((byte)((parts[3] >> 16) & 0xFF)).Long((uint)(int)size);
    }

    private static void CheckDepth(int depth)
    {
        if (depth > MaxDepth)
        {
            throw AmqpWireException.Syntax($"a field table nested deeper than {MaxDepth} levels");
        }
    }
}
