using System.Buffers.Binary;
using System.Text;

namespace ResilientRabbit.Connections;

/// <summary>
/// Makes asterisks of the session's secrets in the texts that the broker sends: of a close, a return and a block, and in what it tells of itself in the beginning. The driver puts them into its exceptions and properties
/// as they are, and from there they get into logs, statuses and the application's own exceptions. Only the bytes on the way to the driver are on the way to all of these.
/// </summary>
/// <remarks>
/// Thread-safe. What is shorter than four bytes is not masked, and neither is a password that equals the user name: half of every broker's texts would be asterisks, and who chose it keeps no secret.
/// A broker that encodes what it echoes is beyond this.
/// </remarks>
internal sealed class ReplyMask
{
    // AMQP 0-9-1, sections 4.2.3 and 1.4.2: frame header (7), class and method (4), then a reply code (2) in all but connection.blocked, then the text with its length before it.
    private const int FrameHeader = 7;
    private const int MethodHeader = FrameHeader + 4;
    private const int ReplyCode = 2;
    private const int LongestText = byte.MaxValue;
    private const int Shortest = 4;
    private const int MostSecrets = 8;

    private readonly Lock _lock = new();
    private byte[][] _secrets = [];

    /// <summary>
    /// What every broker says of itself in connection.start: the names of its properties, of which driver and status look for some, the beginning of its node's name, its product, and the mechanisms. Who has one
    /// of these for a password keeps no secret, and asterisks in the place of a word that everybody knows would tell it.
    /// </summary>
    private static ReadOnlySpan<byte> Ordinary =>
        """
        rabbit@localhost RabbitMQ Erlang/OTP AMQPLAIN EXTERNAL en_US cluster_name copyright information platform product version capabilities publisher_confirms exchange_exchange_bindings basic.nack
        consumer_cancel_notify connection.blocked consumer_priorities authentication_failure_close per_consumer_qos direct_reply_to
        """u8;

    /// <summary>The host of the session's endpoint: it is in our own texts as well, and often in the node's name.</summary>
    public string Host { get; init; } = "";

    /// <summary>Masks the secret from now on. What was added before is masked further, the first and the last few: the broker may still know it.</summary>
    public void Add(string? secret, string? userName = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(secret ?? "");
        if (bytes.Length < Shortest || string.Equals(secret, userName, StringComparison.Ordinal))
        {
            return;
        }

        lock (_lock)
        {
            // A session may live for months and be given a secret each minute.
            Volatile.Write(ref _secrets, _secrets.Length < MostSecrets ? [.. _secrets, bytes] : [_secrets[0], .. _secrets[2..], bytes]);
        }
    }

    /// <summary>Masks a name that the peer gives itself elsewhere: in its certificate.</summary>
    public string Mask(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Mask(bytes, Telling(Volatile.Read(ref _secrets)), isCutOff: false);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Masks the text of a method frame that has one.</summary>
    /// <param name="frame">What is there of the frame, from its beginning on.</param>
    /// <param name="size">The size of its payload, in bytes.</param>
    /// <returns>False when more of the frame must be there first.</returns>
    public bool TryMask(Span<byte> frame, uint size)
    {
        byte[][] secrets = Volatile.Read(ref _secrets);
        if (secrets.Length == 0 || size < MethodHeader - FrameHeader)
        {
            return true;
        }

        if (frame.Length < MethodHeader)
        {
            return false;
        }

        uint method = BinaryPrimitives.ReadUInt32BigEndian(frame[FrameHeader..]);
        if (method == AmqpMethods.ConnectionStart)
        {
            return TryMaskStart(frame, size, secrets);
        }

        int start = method switch
        {
            AmqpMethods.ConnectionClose or AmqpMethods.ChannelClose or AmqpMethods.BasicReturn => MethodHeader + ReplyCode,
            AmqpMethods.ConnectionBlocked => MethodHeader,
            _ => int.MaxValue,
        };
        long end = FrameHeader + (long)size;
        if (start >= end)
        {
            return true;
        }

        if (frame.Length < Math.Min(end, start + 1 + LongestText))
        {
            return false;
        }

        int length = (int)Math.Min(frame[start], end - start - 1);
        Mask(frame.Slice(start + 1, length), secrets, isCutOff: length == LongestText);
        return true;
    }

    /// <summary>Masks properties and mechanisms, names and values alike.</summary>
    private bool TryMaskStart(Span<byte> frame, uint size, byte[][] secrets)
    {
        long end = FrameHeader + (long)size;
        if (frame.Length < end)
        {
            return false;
        }

        Mask(frame[MethodHeader..(int)end], Telling(secrets), isCutOff: false);
        return true;
    }

    /// <summary>Those that a peer's name for itself could betray.</summary>
    private byte[][] Telling(byte[][] secrets)
    {
        byte[] host = Encoding.UTF8.GetBytes(Host);
        return Array.FindAll(secrets, secret => Ordinary.IndexOf(secret) < 0 && host.AsSpan().IndexOf(secret) < 0);
    }

    private static void Mask(Span<byte> text, byte[][] secrets, bool isCutOff)
    {
        // Found in the original first: one secret may overlap or contain another.
        ReadOnlySpan<byte> words = text.ToArray();
        foreach (byte[] secret in secrets)
        {
            for (int at = 0; at <= words.Length - Shortest; at++)
            {
                // The text of a broker ends after 255 bytes, also in the middle of the secret.
                int length = Math.Min(secret.Length, words.Length - at);
                if ((length == secret.Length || isCutOff) && words.Slice(at, length).SequenceEqual(secret.AsSpan(0, length)))
                {
                    text.Slice(at, length).Fill((byte)'*');
                }
            }
        }
    }
}
