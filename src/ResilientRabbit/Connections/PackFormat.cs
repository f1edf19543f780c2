using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>
/// Several messages in the body of one, as Spring AMQP's batching lays them out: before each its length in four bytes, most significant first, and nothing behind the last.
/// </summary>
internal static class PackFormat
{
    /// <summary>Names the layout; a consumer that does not know it sees at least what it has before it.</summary>
    public const string FormatHeader = "springBatchFormat";

    public const string Format = "lengthHeader4";

    /// <summary>How many messages there are. For people: readers go by the lengths.</summary>
    public const string CountHeader = "amqp_batchSize";

    /// <summary>The message-ids, which Spring's layout has no place for; see <see cref="PackIds"/>.</summary>
    public const string IdsHeader = "x-pack-ids";

    public const int LengthSize = sizeof(int);

    /// <summary>The most messages of a pack that is taken apart. Empty ones cost four bytes each on the wire and a hundred times that in memory.</summary>
    public const int MaxMessages = 10_000;

    /// <summary>Counts the messages of a body, whose lengths are believed only as far as the bytes reach.</summary>
    /// <returns>What is wrong with it; null when it can be taken apart.</returns>
    public static string? Check(ReadOnlySpan<byte> body, out int count)
    {
        count = 0;
        if (body.IsEmpty)
        {
            return "The batch has nothing in it.";
        }

        for (int at = 0; at < body.Length; count++)
        {
            if (count == MaxMessages)
            {
                return FormattableString.Invariant($"The batch has more than {MaxMessages} messages.");
            }

            if (body.Length - at < LengthSize)
            {
                return FormattableString.Invariant($"The batch ends within a length, at byte {at}.");
            }

            int length = LengthAt(body, at);
            at += LengthSize;
            if (length < 0 || length > body.Length - at)
            {
                return FormattableString.Invariant($"The batch has {body.Length - at} bytes left at byte {at} and a message of {length} bytes.");
            }

            at += length;
        }

        return null;
    }

    /// <summary>The length of the message whose length field begins here.</summary>
    public static int LengthAt(ReadOnlySpan<byte> body, int at) => BinaryPrimitives.ReadInt32BigEndian(body[at..]);

    /// <summary>Writes a message with its length.</summary>
    /// <returns>The number of bytes.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> message)
    {
        BinaryPrimitives.WriteInt32BigEndian(target, message.Length);
        message.CopyTo(target[LengthSize..]);
        return LengthSize + message.Length;
    }
}
