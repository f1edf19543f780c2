using System.Buffers.Text;
using System.Security.Cryptography;

namespace ResilientRabbit.Publishing;

/// <summary>Makes message-ids: 64 random bits for the client and a counter, unique across clients and as short as that allows.</summary>
internal sealed class MessageIds
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    private readonly string _prefix;

    public MessageIds()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        _prefix = Base64Url.EncodeToString(random) + ".";
    }

    public string For(long number)
    {
        int length = 1;
        for (long rest = number / 36; rest > 0; rest /= 36)
        {
            length++;
        }

        return string.Create(_prefix.Length + length, (_prefix, number), static (span, state) =>
        {
            state._prefix.CopyTo(span);
            long rest = state.number;
            for (int index = span.Length - 1; index >= state._prefix.Length; index--)
            {
                span[index] = Digits[(int)(rest % 36)];
                rest /= 36;
            }
        });
    }
}
