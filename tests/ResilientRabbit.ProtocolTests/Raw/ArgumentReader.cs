using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.ProtocolTests.Raw;

/// <summary>Reads the fields of a method.</summary>
public sealed class ArgumentReader(ReadOnlyMemory<byte> bytes)
{
    private int _position;

    public int Left => bytes.Length - _position;

    public byte Octet() => Take(1)[0];

    public ushort Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint Long() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong LongLong() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public string ShortString() => Encoding.UTF8.GetString(Take(Octet()));

    public string LongString() => Encoding.UTF8.GetString(Take((int)Long()));

    public IReadOnlyDictionary<string, object?> Table()
    {
        int end = (int)Long() + _position;
        var entries = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (_position < end)
        {
            string key = ShortString();
            entries[key] = Value();
        }

        return entries;
    }

    private object? Value()
    {
        byte type = Octet();
        return (char)type switch
        {
            't' => Octet() != 0,
            'S' => LongString(),
            'I' => (int)Long(),
            'F' => Table(),
            'l' => (long)LongLong(),
            _ => throw new InvalidOperationException($"Field type '{(char)type}' is not known here."),
        };
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = bytes.Span.Slice(_position, count);
        _position += count;
        return taken;
    }
}
