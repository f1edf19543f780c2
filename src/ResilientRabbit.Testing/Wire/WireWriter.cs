using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Writes the primitive types of AMQP into one growing pooled buffer. Not thread-safe.</summary>
internal sealed class WireWriter : IDisposable
{
    private const int FirstSize = 16 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public Span<byte> Bytes => _buffer.AsSpan(0, Length);

    public WireWriter Octet(byte value)
    {
        Room(1)[0] = value;
        return this;
    }

    public WireWriter Short(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Room(2), value);
        return this;
    }

    public WireWriter Long(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Room(4), value);
        return this;
    }

    public WireWriter LongLong(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Room(8), value);
        return this;
    }

    public WireWriter Bits(bool first, bool second = false, bool third = false, bool fourth = false, bool fifth = false)
        => Octet((byte)((first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0) | (fourth ? 8 : 0) | (fifth ? 16 : 0)));

    /// <summary>A short string; null, as in a method's default value, is an empty one.</summary>
    /// <exception cref="ArgumentException">It has more than 255 bytes.</exception>
    public WireWriter ShortString(string? value)
    {
        value ??= "";
        int length = Encoding.UTF8.GetByteCount(value);
        if (length > byte.MaxValue)
        {
            throw new ArgumentException($"A short string holds at most 255 bytes, not {length}.", nameof(value));
        }

        Span<byte> room = Room(1 + length);
        room[0] = (byte)length;
        Encoding.UTF8.GetBytes(value, room[1..]);
        return this;
    }

    public WireWriter LongString(string? value)
    {
        value ??= "";
        int length = Encoding.UTF8.GetByteCount(value);
        Span<byte> room = Room(4 + length);
        BinaryPrimitives.WriteUInt32BigEndian(room, (uint)length);
        Encoding.UTF8.GetBytes(value, room[4..]);
        return this;
    }

    public WireWriter LongBytes(ReadOnlySpan<byte> value)
    {
        Long((uint)value.Length);
        return Raw(value);
    }

    public WireWriter Table(AmqpTable? value)
    {
        FieldCodec.WriteTable(this, value, depth: 0);
        return this;
    }

    public WireWriter Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Room(value.Length));
        return this;
    }

    /// <summary>Room for so many bytes, already counted as written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Room(int count)
    {
        int start = Length;
        if (_buffer.Length - start < count)
        {
            Grow(count);
        }

        Length = start + count;
        return _buffer.AsSpan(start, count);
    }

    /// <summary>Leaves room for a length that is known later.</summary>
    public int ReserveLong()
    {
        int at = Length;
        Room(4);
        return at;
    }

    /// <summary>Fills the room at <paramref name="at"/> with the number of bytes written since.</summary>
    public void FillLong(int at) => BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(at, 4), (uint)(Length - at - 4));

    /// <summary>Takes back everything after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Clear()
    {
        Length = 0;
        if (_buffer.Length > 64 * FirstSize)
        {
            // One huge message must not keep a huge buffer for the rest of the connection.
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
        }
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, checked(Length + count)));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        byte[] old = _buffer;
        _buffer = larger;
        if (old.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }
}
