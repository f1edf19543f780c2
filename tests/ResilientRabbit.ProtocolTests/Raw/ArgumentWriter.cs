using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.ProtocolTests.Raw;

/// <summary>Writes AMQP 0-9-1 fields, also wrong ones: it checks nothing.</summary>
public sealed class ArgumentWriter
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public ArgumentWriter Octet(byte value)
    {
        _bytes.WriteByte(value);
        return this;
    }

    public ArgumentWriter Bytes(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    public ArgumentWriter Short(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return Bytes(bytes);
    }

    public ArgumentWriter Long(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Bytes(bytes);
    }

    public ArgumentWriter LongLong(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Bytes(bytes);
    }

    public ArgumentWriter ShortString(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        return Octet((byte)bytes.Length).Bytes(bytes);
    }

    public ArgumentWriter LongString(ReadOnlySpan<byte> value) => Long((uint)value.Length).Bytes(value);

    public ArgumentWriter LongString(string value) => LongString(Encoding.UTF8.GetBytes(value));

    public ArgumentWriter EmptyTable() => Long(0);

    /// <summary>A table; values are strings, Booleans or tables made by another writer.</summary>
    public ArgumentWriter Table(params (string Key, object Value)[] entries)
    {
        var content = new ArgumentWriter();
        foreach ((string key, object value) in entries)
        {
            content.ShortString(key);
            switch (value)
            {
                case string text:
                    content.Octet((byte)'S').LongString(text);
                    break;
                case bool flag:
                    content.Octet((byte)'t').Octet(flag ? (byte)1 : (byte)0);
                    break;
                case int number:
                    content.Octet((byte)'I').Long((uint)number);
                    break;
                case ArgumentWriter table:
                    content.Octet((byte)'F').Bytes(table.ToArray());
                    break;
                default:
                    throw new ArgumentException($"'{key}' has a type that this writer does not know.", nameof(entries));
            }
        }

        return LongString(content.ToArray());
    }
}
