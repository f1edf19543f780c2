using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// The fixed part of a content header frame and its properties as they stand on the wire (flags, then the list): a broker that only passes
/// a message on never decodes them.
/// </summary>
internal readonly ref struct ContentHeader
{
    public const ushort BasicClass = 60;

    /// <summary>Class, weight and body size.</summary>
    public const int FixedSize = 12;

    private ContentHeader(ulong bodySize, ReadOnlySpan<byte> properties)
    {
        BodySize = bodySize;
        Properties = properties;
    }

    /// <summary>As declared: the peer may say up to 2^64 - 1, so nothing is allocated by it.</summary>
    public ulong BodySize { get; }

    public ReadOnlySpan<byte> Properties { get; }

    /// <summary>Which properties there are: the first word of flags.</summary>
    public PropertyFlags Flags => (PropertyFlags)BinaryPrimitives.ReadUInt16BigEndian(Properties);

    /// <exception cref="AmqpWireException">The header is cut short (501) or of another class than basic (501).</exception>
    public static ContentHeader Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedSize + 2)
        {
            throw AmqpWireException.Frame($"a content header of {payload.Length} bytes");
        }

        ushort classId = BinaryPrimitives.ReadUInt16BigEndian(payload);
        return classId == BasicClass
            ? new ContentHeader(BinaryPrimitives.ReadUInt64BigEndian(payload[4..]), payload[FixedSize..])
            : throw AmqpWireException.Frame($"a content header of the class {classId}");
    }
}
