using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace ResilientRabbit.Consuming;

/// <summary>Reads header values without trusting their type.</summary>
internal static class HeaderReader
{
    /// <summary>The attempt that our own copies count, from 1.</summary>
    public static int Attempt(IReadOnlyDictionary<string, object?> headers) =>
        headers.TryGetValue(CopyHeaders.Attempt, out object? value) && Number(value) is >= 1 and <= int.MaxValue and { } attempt ? (int)attempt : 1;

    /// <summary>How often a quorum queue has delivered the message in vain; 0 where the broker does not count.</summary>
    public static int DeliveryCount(IReadOnlyDictionary<string, object?> headers) =>
        headers.TryGetValue(CopyHeaders.DeliveryCount, out object? value) && Number(value) is > 0 and { } count ? (int)Math.Min(count, int.MaxValue) : 0;

    public static string? Text(object? value) => value switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        BinaryTableValue { Bytes: { } bytes } => Encoding.UTF8.GetString(bytes),
        AmqpTimestamp timestamp => timestamp.UnixTime.ToString(CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    public static long? Number(object? value) => value switch
    {
        long number => number,
        int number => number,
        uint number => number,
        short number => number,
        ushort number => number,
        byte number => number,
        sbyte number => number,
        AmqpTimestamp timestamp => timestamp.UnixTime,
        string or byte[] => long.TryParse(Text(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null,
        _ => null,
    };
}
