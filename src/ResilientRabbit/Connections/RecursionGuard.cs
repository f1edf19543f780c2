using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>
/// Looks at what the driver decodes recursively before it gets it: the table of connection.start and the headers of messages. Nested deep enough these end the process (stack overflow), connection.start before anything
/// is known of the peer.
/// </summary>
internal static class RecursionGuard
{
    // AMQP 0-9-1, section 4.2.3: frame header (7), then class and method (4); section 1.4.2.1: two octets of version before the table. Section 4.2.6: class, weight and size of the body (12) before the properties.
    private const int FrameHeader = 7;
    private const int MethodHeader = FrameHeader + 4;
    private const int Version = 2;
    private const int BeforeProperties = 12;

    /// <summary>What is longer is no connection.start: before sizes are agreed on, a frame has at most 4,096 bytes (section 4.2.3).</summary>
    private const int LargestStart = 32 * 1024;

    /// <summary>Looks at a method frame.</summary>
    /// <param name="frame">What is there of it, from its beginning on.</param>
    /// <param name="size">The size of its payload, in bytes.</param>
    /// <returns>False when more of the frame must be there first.</returns>
    /// <exception cref="InvalidDataException">It must not reach the driver.</exception>
    public static bool TryPassMethod(ReadOnlySpan<byte> frame, uint size)
    {
        if (size < MethodHeader - FrameHeader)
        {
            return true;
        }

        if (frame.Length < MethodHeader)
        {
            return false;
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(frame[FrameHeader..]) != AmqpMethods.ConnectionStart)
        {
            return true;
        }

        if (size > LargestStart)
        {
            throw new InvalidDataException(FormattableString.Invariant($"The broker sent what is not AMQP: a connection.start of {size} bytes."));
        }

        int end = FrameHeader + (int)size;
        if (frame.Length < end)
        {
            return false;
        }

        return end > MethodHeader + Version && PropertiesCheck.BeginsWithTable(frame[(MethodHeader + Version)..end], PropertiesCheck.MaxDriverDepth)
            ? true
            : throw new InvalidDataException("The broker sent what is not AMQP: a connection.start whose properties cannot be read.");
    }

    /// <summary>Looks at the payload of a content header, which is there as a whole.</summary>
    /// <exception cref="InvalidDataException">It must not reach the driver.</exception>
    public static void CheckHeader(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > BeforeProperties && !PropertiesCheck.IsReadable(payload[BeforeProperties..], PropertiesCheck.MaxDriverDepth))
        {
            throw new InvalidDataException("The broker sent what is not AMQP: a message whose properties cannot be read.");
        }
    }
}
