using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A client's connection.</summary>
public sealed record ClientConnectionInfo
{
    /// <summary>Gets the broker's name of the connection, with both addresses.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the node that has it.</summary>
    public string Node { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the user.</summary>
    public string User { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the name that the client has given; <see langword="null"/> when it has given none.</summary>
    [JsonPropertyName("user_provided_name")]
    public string? ClientName { get; init; }

    /// <summary>Gets the client's address as the broker sees it; behind a proxy the proxy's.</summary>
    public string PeerHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the client's port as the broker sees it; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(NumberConverter))]
    public long? PeerPort { get; init; }
}
