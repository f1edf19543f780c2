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

    public static long? SecondsOf(TimeSpan? time) => time is { } span ? (long)span.TotalSeconds : null;

    public static long? MillisecondsOf(TimeSpan? time) => time is { } span ? (long)span.TotalMilliseconds : null;

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

    public static bool ReadFlag(JsonElement value, string key) => Find(value, key) is { ValueKind: JsonValueKind.True };

    // One URI may stand as a text.
    public static IReadOnlyList<string> ReadTexts(JsonElement value, string key) => Find(value, key) switch
    {
        { ValueKind: JsonValueKind.String } text => [text.GetString()!],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!)],
        _ => [],
    };

    private static JsonElement? Find(JsonElement value, string key)
        => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(key, out JsonElement found) ? found : null;
}
