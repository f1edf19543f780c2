using System.Text.Json;
using System.Text.Json.Serialization;

namespace ResilientRabbit.Management;

/// <summary>A runtime parameter: how plugins such as federation and shovel keep their configuration.</summary>
public sealed record ParameterInfo
{
    /// <summary>Gets the component, for example <c>shovel</c>.</summary>
    public string Component { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the value. It may hold passwords, so it is not part of <see cref="ToString"/>.</summary>
    public JsonElement Value { get; init; }

    /// <summary>Returns component and name.</summary>
    /// <returns>A text without the value.</returns>
    public override string ToString() => $"{Component} '{Name}'";
}
