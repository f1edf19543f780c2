using System.Buffers.Text;
using System.Security.Cryptography;

namespace ResilientRabbit.Testing.Server;

/// <summary>Names the broker makes up, in RabbitMQ's form: a prefix, a dash and 16 random bytes in base 64.</summary>
internal static class Names
{
    /// <summary>The pseudo queue of direct reply-to.</summary>
    public const string ReplyTo = "amq.rabbitmq.reply-to";

    public static string Queue() => Make("amq.gen-");

    public static string ConsumerTag() => Make("amq.ctag-");

    public static string ReplySuffix() => Make("g1h2");

    private static string Make(string prefix)
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return prefix + Base64Url.EncodeToString(random);
    }
}
