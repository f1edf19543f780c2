using System.Buffers.Binary;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>
/// Walks over the properties of a message without decoding them: what would not decode at a consumer is refused at its publisher, as RabbitMQ
/// does, which decodes everything.
/// </summary>
internal static class PropertyCheck
{
    /// <exception cref="AmqpErrorException">541: the properties are malformed; RabbitMQ's channel process crashes over them.</exception>
    public static void Check(ReadOnlySpan<byte> properties)
    {
        if (!IsWellFormed(properties))
        {
            throw new AmqpErrorException(ReplyCode.InternalError, explanation: null);
        }
    }

    private static bool IsWellFormed(ReadOnlySpan<byte> rest)
    {
        var flags = (PropertyFlags)BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[2..];
        if (((ushort)flags & 3) != 0)
        {
            return false;
        }

        for (int bit = 15; bit >= 2; bit--)
        {
            var flag = (PropertyFlags)(1 << bit);
            if ((flags & flag) == PropertyFlags.None)
            {
                continue;
            }

            int size = SizeOf(flag, rest);
            if (size < 0 || size > rest.Length)
            {
                return false;
            }

            rest = rest[size..];
        }

        return rest.IsEmpty;
    }

    private static int SizeOf(PropertyFlags flag, ReadOnlySpan<byte> rest) => flag switch
    {
        PropertyFlags.DeliveryMode or PropertyFlags.Priority => 1,
        PropertyFlags.Timestamp => 8,
        PropertyFlags.Headers => rest.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length <= (uint)rest.Length
            ? 4 + (int)length
            : -1,
        _ => rest.Length >= 1 ? 1 + rest[0] : -1,
    };
}
