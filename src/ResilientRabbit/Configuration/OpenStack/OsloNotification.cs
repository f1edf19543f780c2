using System.Buffers;
using System.Text.Json;

namespace ResilientRabbit;

/// <summary>A notification as OpenStack's services send and expect it: oslo.messaging's envelope, version 2.0, in JSON.</summary>
/// <remarks>Immutable. Publish <see cref="ToBody"/> to the control exchange with the routing key <c>topic.priority</c> (for example <c>notifications.info</c>) and the content type <see cref="ContentType"/>.</remarks>
public sealed record OsloNotification
{
    /// <summary>The content type that oslo.messaging decodes.</summary>
    public const string ContentType = "application/json";

    private const string EnvelopeVersion = "2.0";
    private const string VersionKey = "oslo.version";
    private const string MessageKey = "oslo.message";
    private const int LongestSide = 64 * 1024 * 1024;

    /// <summary>Gets the id of the notification.</summary>
    public required string MessageId { get; init; }

    /// <summary>Gets who notifies, for example <c>compute.host1</c>.</summary>
    public required string PublisherId { get; init; }

    /// <summary>Gets what happened, for example <c>compute.instance.create.end</c>.</summary>
    public required string EventType { get; init; }

    /// <summary>Gets the priority: <c>AUDIT</c>, <c>DEBUG</c>, <c>INFO</c>, <c>WARN</c>, <c>ERROR</c>, <c>CRITICAL</c> or <c>SAMPLE</c>.</summary>
    /// <value><c>INFO</c> by default.</value>
    public string Priority { get; init; } = "INFO";

    /// <summary>Gets when it happened, as the sender wrote it, for example <c>2026-11-22 05:10:00.123456</c> in UTC.</summary>
    /// <value>Empty by default.</value>
    public string Timestamp { get; init; } = "";

    /// <summary>Gets the payload.</summary>
    public required JsonElement Payload { get; init; }

    /// <summary>Reads the body of a message.</summary>
    /// <param name="body">The body.</param>
    /// <param name="notification">The notification; <see langword="null"/> when the body is none.</param>
    /// <returns>Whether the body is a notification in an envelope of version 2.x, or one without an envelope (oslo's driver <c>messaging</c>). Never throws for what somebody else has sent.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> body, out OsloNotification? notification)
    {
        notification = null;
        if (body.Length > LongestSide)
        {
            return false;
        }

        try
        {
            using JsonDocument outer = JsonDocument.Parse(body);
            if (outer.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            if (!outer.RootElement.TryGetProperty(VersionKey, out JsonElement version))
            {
                notification = Read(outer.RootElement);
                return notification is not null;
            }

            if (version.ValueKind != JsonValueKind.String || !version.GetString()!.StartsWith("2.", StringComparison.Ordinal)
                || !outer.RootElement.TryGetProperty(MessageKey, out JsonElement message) || message.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            using JsonDocument inner = JsonDocument.Parse(message.GetString()!);
            notification = Read(inner.RootElement);
            return notification is not null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, nested too deeply, or text that is no Unicode.
            return false;
        }
    }

    /// <summary>Writes the body of a message, with the envelope (oslo's driver <c>messagingv2</c>).</summary>
    /// <returns>UTF-8.</returns>
    public ReadOnlyMemory<byte> ToBody()
    {
        var message = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(message))
        {
            writer.WriteStartObject();
            writer.WriteString("message_id", MessageId);
            writer.WriteString("publisher_id", PublisherId);
            writer.WriteString("event_type", EventType);
            writer.WriteString("priority", Priority);
            writer.WriteString("timestamp", Timestamp);
            writer.WritePropertyName("payload");
            Payload.WriteTo(writer);

            // Receivers drop what they have seen before by this.
            writer.WriteString("_unique_id", MessageId.Replace("-", "", StringComparison.Ordinal));
            writer.WriteEndObject();
        }

        var envelope = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(envelope))
        {
            writer.WriteStartObject();
            writer.WriteString(VersionKey, EnvelopeVersion);
            writer.WriteString(MessageKey, message.WrittenSpan);
            writer.WriteEndObject();
        }

        return envelope.WrittenMemory;
    }

    private static OsloNotification? Read(JsonElement message)
        => message.ValueKind == JsonValueKind.Object && message.TryGetProperty("payload", out JsonElement payload) && message.TryGetProperty("event_type", out _)
            ? new OsloNotification
            {
                MessageId = Text(message, "message_id"),
                PublisherId = Text(message, "publisher_id"),
                EventType = Text(message, "event_type"),
                Priority = Text(message, "priority"),
                Timestamp = Text(message, "timestamp"),
                Payload = payload.Clone(),
            }
            : null;

    private static string Text(JsonElement message, string key)
        => message.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";
}
