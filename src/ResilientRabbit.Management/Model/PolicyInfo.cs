using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A policy or operator policy.</summary>
public sealed record PolicyInfo
{
    /// <summary>Gets the name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the regular expression of the names that it applies to.</summary>
    public string Pattern { get; init => field = value ?? ""; } = "";

    /// <summary>Gets what it applies to: <c>queues</c>, <c>exchanges</c> or <c>all</c>, since 3.12 also single types of queues.</summary>
    [JsonPropertyName("apply-to")]
    public string ApplyTo { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the priority: of several policies that match the highest applies, and only that one.</summary>
    public int Priority { get; init; }

    /// <summary>Gets what it sets.</summary>
    [JsonConverter(typeof(TableConverter))]
    public IReadOnlyDictionary<string, JsonElement> Definition { get; init => field = value ?? ReadOnlyDictionary<string, JsonElement>.Empty; } = ReadOnlyDictionary<string, JsonElement>.Empty;
}
