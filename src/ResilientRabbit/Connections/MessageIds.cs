using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ResilientRabbit.Connections;

/// <summary>
/// Makes message-ids: 64 random bits for the client and the number of the message, unique across clients and as short as that allows. They go
/// to the wire as bytes; the text is made when somebody asks for it.
/// </summary>
internal sealed class MessageIds
{
    private const int MaxDigits = 13;

    private readonly byte[] _prefix;

    public MessageIds()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        _prefix = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(random) + ".");
    }

    /// <summary>Bytes that <see cref="Write"/> will write.</summary>
    public int LengthOf(long number)
    {
        int length = 1;
        for (ulong rest = (ulong)number / 36; rest > 0; rest /= 36)
        {
            length++;
        }

        return _prefix.Length + length;
    }

    /// <summary>Writes the id of a message in ASCII.</summary>
    /// <returns>The number of bytes.</returns>
    public int Write(Span<byte> target, long number)
    {
        int length = LengthOf(number);
        _prefix.CopyTo(target);
        ulong rest = (ulong)number;
        for (int index = length - 1; index >= _prefix.Length; index--)
        {
            (rest, ulong digit) = Math.DivRem(rest, 36);
            target[index] = "0123456789abcdefghijklmnopqrstuvwxyz"u8[(int)digit];
        }

        return length;
    }

    /// <summary>The id of a message as a new text.</summary>
    public string For(long number)
    {
        Span<byte> bytes = stackalloc byte[_prefix.Length + MaxDigits];
        return Encoding.ASCII.GetString(bytes[..Write(bytes, number)]);
    }
}
