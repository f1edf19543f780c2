using System.Text.Json.Serialization;

namespace ResilientRabbit.Management;

/// <summary>What a user may do in a virtual host: three regular expressions of names.</summary>
public sealed record PermissionInfo
{
    /// <summary>Gets the user.</summary>
    public string User { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets what the user may declare and delete.</summary>
    public string Configure { get; init => field = value ?? ""; } = "";

    /// <summary>Gets where the user may publish and bind.</summary>
    public string Write { get; init => field = value ?? ""; } = "";

    /// <summary>Gets from where the user may consume.</summary>
    public string Read { get; init => field = value ?? ""; } = "";
}
