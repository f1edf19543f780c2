using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>What a shovel does.</summary>
public sealed record ShovelStatus
{
    /// <summary>Gets the name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the type: <c>dynamic</c> or <c>static</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the state: <c>starting</c>, <c>running</c> or <c>terminated</c>.</summary>
    public string State { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the node that runs it.</summary>
    public string Node { get; init => field = value ?? ""; } = "";

    /// <summary>Gets where it reads, without credentials; <see langword="null"/> when it is not connected.</summary>
    [JsonPropertyName("src_uri")]
    [JsonConverter(typeof(ScrubbedTextConverter))]
    public string? SourceUri { get; init; }

    /// <summary>Gets where it writes, without credentials; <see langword="null"/> when it is not connected.</summary>
    [JsonPropertyName("dest_uri")]
    [JsonConverter(typeof(ScrubbedTextConverter))]
    public string? DestinationUri { get; init; }

    /// <summary>Gets why it has ended, without credentials; <see langword="null"/> when it has not.</summary>
    [JsonConverter(typeof(ScrubbedTextConverter))]
    public string? Reason { get; init; }

    /// <summary>Gets when the state was taken, as the broker writes it.</summary>
    public string Timestamp { get; init => field = value ?? ""; } = "";

    /// <summary>Gets a value indicating whether both ends are connected.</summary>
    [JsonIgnore]
    public bool IsRunning => string.Equals(State, "running", StringComparison.Ordinal);
}
