using System.Text;
using System.Text.Json;

namespace ResilientRabbit.Management.Http;

/// <summary>One request: what is sent, and whether it may be sent again.</summary>
internal sealed record ManagementRequest
{
    public required HttpMethod Method { get; init; }

    /// <summary>Gets the escaped path from <c>/api</c> on, with the query.</summary>
    public required string Path { get; init; }

    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Gets what the body holds and no text may show.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Gets a value indicating whether 503 is an answer with a body, as it is for health checks.</summary>
    public bool Takes503 { get; init; }

    /// <summary>Gets the only address to ask; null for any.</summary>
    public ManagementAddress? Only { get; init; }

    // A POST whose answer was lost may have been carried out.
    public bool IsRepeatable => Method != HttpMethod.Post;

    public static ManagementRequest Get(string path) => new() { Method = HttpMethod.Get, Path = path };

    public static ManagementRequest Delete(string path) => new() { Method = HttpMethod.Delete, Path = path };

    public static ManagementRequest Put(string path, Action<Utf8JsonWriter> write) => new() { Method = HttpMethod.Put, Path = path, Body = BodyOf(write) };

    /// <summary>Makes a path of segments, each escaped. The default virtual host is <c>%2F</c>.</summary>
    /// <exception cref="ArgumentException">A segment is empty, or one that every HTTP server takes out of paths.</exception>
    public static string PathOf(params ReadOnlySpan<string> segments)
    {
        var path = new StringBuilder("/api");
        foreach (string segment in segments)
        {
            ArgumentException.ThrowIfNullOrEmpty(segment, nameof(segments));
            if (segment is "." or "..")
            {
                throw new ArgumentException($"'{segment}' cannot be addressed over HTTP: servers take such segments out of paths, and another object would be meant.", nameof(segments));
            }

            path.Append('/').Append(Uri.EscapeDataString(segment));
        }

        return path.ToString();
    }

    public override string ToString() => $"{Method} {Path}";

    private static byte[] BodyOf(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
