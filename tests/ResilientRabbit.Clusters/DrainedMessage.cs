using System.Text;

namespace ResilientRabbit.Clusters;

/// <summary>One message as it lay in the queue.</summary>
public sealed record DrainedMessage
{
    public required string Exchange { get; init; }

    public required string RoutingKey { get; init; }

    public required string? MessageId { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required bool Redelivered { get; init; }

    /// <summary>Header values as the driver gives them: text is a byte array.</summary>
    public required IReadOnlyDictionary<string, object?> Headers { get; init; }

    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>The header as text, null when it is absent.</summary>
    public string? GetHeaderText(string name) => Headers.GetValueOrDefault(name) switch
    {
        null => null,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        IFormattable value => value.ToString(format: null, System.Globalization.CultureInfo.InvariantCulture),
        var value => value.ToString(),
    };
}
