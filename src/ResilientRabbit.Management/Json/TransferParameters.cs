using System.Globalization;
using System.Text.Json;

namespace ResilientRabbit.Management.Json;

/// <summary>What upstreams and shovels have in common as parameters.</summary>
internal static class TransferParameters
{
    public const string AckMode = "ack-mode";
    public const string ReconnectDelay = "reconnect-delay";

    public static string TextOf(TransferAckMode mode) => mode switch
    {
        TransferAckMode.OnPublish => "on-publish",
        TransferAckMode.NoAck => "no-ack",
        _ => "on-confirm",
    };

    public static void AddIfSet(Dictionary<string, object?> value, string key, object? set)
    {
        if (set is not null)
        {
            value[key] = set;
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public static long? SecondsOf(TimeSpan? time) => WholeOf(time, TimeSpan.TicksPerSecond);

    /// <inheritdoc cref="SecondsOf"/>
    public static long? MillisecondsOf(TimeSpan? time) => WholeOf(time, TimeSpan.TicksPerMillisecond);

    public static TransferAckMode ReadAckMode(JsonElement value) => ReadText(value, AckMode) switch
    {
        "on-publish" => TransferAckMode.OnPublish,
        "no-ack" => TransferAckMode.NoAck,
        _ => TransferAckMode.OnConfirm,
    };

    public static string? ReadText(JsonElement value, string key) => Find(value, key) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static double? ReadNumber(JsonElement value, string key) => Find(value, key) switch
    {
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        { ValueKind: JsonValueKind.String } text when double.TryParse(text.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        _ => null,
    };

    /// <summary>A whole number; null for what none can be, such as 1e300: strangers set parameters, too.</summary>
    public static int? ReadCount(JsonElement value, string key) => ReadNumber(value, key) is >= int.MinValue and <= int.MaxValue and { } number ? (int)number : null;

    /// <summary>A time of so many units; null for what no time can be.</summary>
    public static TimeSpan? ReadTime(JsonElement value, string key, TimeSpan unit) =>
        ReadNumber(value, key) is { } number && Math.Abs(number) <= TimeSpan.MaxValue / unit ? unit * number : null;

    public static bool ReadFlag(JsonElement value, string key) => Find(value, key) is { ValueKind: JsonValueKind.True };

    // One URI may stand as a text.
    public static IReadOnlyList<string> ReadTexts(JsonElement value, string key) => Find(value, key) switch
    {
        { ValueKind: JsonValueKind.String } text => [text.GetString()!],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!)],
        _ => [],
    };

    /// <summary>Rounded up: zero means something else, such as that a shovel never connects again.</summary>
    private static long? WholeOf(TimeSpan? time, long unit)
    {
        if (time is not { } span)
        {
            return null;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, nameof(time));
        return (span.Ticks / unit) + (span.Ticks % unit > 0 ? 1 : 0);
    }

    private static JsonElement? Find(JsonElement value, string key)
        => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(key, out JsonElement found) ? found : null;
}
