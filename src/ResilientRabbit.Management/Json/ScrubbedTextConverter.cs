using System.Text.Json;
using System.Text.Json.Serialization;

namespace ResilientRabbit.Management.Json;

/// <summary>Text that may hold credentials of URIs, or is no text at all but a term of Erlang: kept without them.</summary>
internal sealed class ScrubbedTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        string? text = document.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString() : document.RootElement.GetRawText();
        return text is null ? null : SecretScrubber.Clean(text, []);
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
