using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A link of a federated exchange or queue to an upstream.</summary>
public sealed record FederationLinkInfo
{
    /// <summary>Gets the node that runs the link.</summary>
    public string Node { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets what is federated: <c>exchange</c> or <c>queue</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the exchange; <see langword="null"/> for the link of a queue.</summary>
    public string? Exchange { get; init; }

    /// <summary>Gets the queue; <see langword="null"/> for the link of an exchange.</summary>
    public string? Queue { get; init; }

    /// <summary>Gets the name of the upstream.</summary>
    public string Upstream { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the status, for example <c>running</c>, <c>starting</c> or <c>error</c>.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    /// <summary>Gets what is wrong, without credentials; <see langword="null"/> when nothing is.</summary>
    [JsonConverter(typeof(ScrubbedTextConverter))]
    public string? Error { get; init; }

    /// <summary>Gets the upstream's address, without credentials; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(ScrubbedTextConverter))]
    public string? Uri { get; init; }

    /// <summary>Gets when the status was taken, as the broker writes it.</summary>
    public string Timestamp { get; init => field = value ?? ""; } = "";

    /// <summary>Gets a value indicating whether messages flow.</summary>
    [JsonIgnore]
    public bool IsRunning => string.Equals(Status, "running", StringComparison.Ordinal);
}
