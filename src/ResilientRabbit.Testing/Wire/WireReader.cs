using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Reads the primitive types of AMQP from the bytes of one frame. Lengths are checked against what is there before anything is allocated.</summary>
internal ref struct WireReader
{
    // Strict: bytes that are no UTF-8 are the peer's mistake and are told, not replaced.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ShortStringCache? _names;
    private ReadOnlySpan<byte> _rest;
    private byte _bits;

    public WireReader(ReadOnlySpan<byte> bytes, ShortStringCache? names = null)
    {
        _rest = bytes;
        _names = names;
    }

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly int Remaining => _rest.Length;

    public byte Octet() => Take(1)[0];

    public ushort Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint Long() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong LongLong() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>Bit number <paramref name="index"/> of a group of flags; the first one takes the next octet.</summary>
    public bool Bit(int index)
    {
        if (index == 0)
        {
            _bits = Octet();
        }

        return (_bits & (1 << index)) != 0;
    }

    public string ShortString()
    {
        ReadOnlySpan<byte> bytes = Take(Octet());
        if (bytes.IsEmpty)
        {
            return "";
        }

        return _names is { } names ? names.Get(bytes) : Decode(bytes);
    }

    public ReadOnlySpan<byte> LongSpan()
    {
        uint length = Long();
        if (length > (uint)_rest.Length)
        {
            throw AmqpWireException.Syntax($"a long string of {length} bytes, but {_rest.Length} are left");
        }

        return Take((int)length);
    }

    public byte[] LongBytes() => LongSpan().ToArray();

    public string LongString() => Decode(LongSpan());

    public AmqpTable Table() => FieldCodec.ReadTable(ref this, depth: 0);

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw AmqpWireException.Syntax($"a field of {count} bytes, but {_rest.Length} are left");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw AmqpWireException.Syntax($"a string of {bytes.Length} bytes is no UTF-8");
        }
    }
}
