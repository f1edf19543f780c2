using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ResilientRabbit.Consuming;

/// <summary>Reads a value from a JSON body that may come from anybody.</summary>
internal static class JsonBody
{
    public const int DefaultMaxSize = 1024 * 1024;

    private const int DefaultMaxDepth = 64;

    /// <summary>What UTF-8, or a part of it, is called.</summary>
    private static readonly string[] Utf8 = ["utf-8", "utf8", "us-ascii"];

    /// <exception cref="MessageFormatException">The message cannot be read.</exception>
    public static T Read<T>(ReceivedMessage message, JsonTypeInfo<T> typeInfo, int maxSize)
    {
        CheckContentType(message.ContentType);

        // Kombu (oslo.messaging, Celery) and Spring put the charset there.
        if (message.ContentEncoding is { Length: > 0 } encoding && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase) && !IsUtf8(encoding))
        {
            throw new MessageFormatException($"The content-encoding '{Cut(encoding)}' is not supported.");
        }

        ReadOnlySpan<byte> body = message.Body.Span;
        if (body.Length > maxSize)
        {
            throw new MessageFormatException(FormattableString.Invariant($"The body has {body.Length} bytes; at most {maxSize} are read."));
        }

        // RFC 8259 lets a reader ignore the byte order mark; .NET's reader refuses it.
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        return Parse(body.StartsWith(mark) ? body[mark.Length..] : body, typeInfo);
    }

    private static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> typeInfo)
    {
        int maxDepth = typeInfo.Options.MaxDepth is > 0 and { } depth ? depth : DefaultMaxDepth;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions
        {
            MaxDepth = maxDepth,
            CommentHandling = typeInfo.Options.ReadCommentHandling,
            AllowTrailingCommas = typeInfo.Options.AllowTrailingCommas,
        });
        try
        {
            T? value = JsonSerializer.Deserialize(ref reader, typeInfo);

            // Throws when anything comes after the value.
            _ = reader.Read();
            return value ?? throw new MessageFormatException($"The body is null and no {typeof(T).Name}.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException or FormatException)
        {
            // The path and the position tell where; the content itself stays out of logs and headers.
            string where = exception is JsonException failure ? FormattableString.Invariant($" at {Cut(failure.Path ?? "$")}, line {failure.LineNumber}, byte {failure.BytePositionInLine}") : "";
            throw new MessageFormatException($"The body is no JSON of type {typeof(T).Name}{where}.", exception);
        }
    }

    private static void CheckContentType(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType))
        {
            return;
        }

        if (!MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? media) || media.MediaType is not { } type || !IsJson(type))
        {
            throw new MessageFormatException($"The content-type '{Cut(contentType)}' is not JSON.");
        }

        if (media.CharSet?.Trim('"') is { Length: > 0 } charset && !IsUtf8(charset))
        {
            throw new MessageFormatException($"The charset '{Cut(charset)}' is not UTF-8.");
        }
    }

    private static bool IsUtf8(string charset) => Utf8.Contains(charset, StringComparer.OrdinalIgnoreCase);

    private static bool IsJson(string type) => string.Equals(type, "application/json", StringComparison.OrdinalIgnoreCase)
        || string.Equals(type, "text/json", StringComparison.OrdinalIgnoreCase)
        || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    /// <summary>What a stranger wrote goes into a log line.</summary>
    private static string Cut(string text) => new([.. text.Take(80).Select(static character => char.IsControl(character) ? '?' : character)]);
}
