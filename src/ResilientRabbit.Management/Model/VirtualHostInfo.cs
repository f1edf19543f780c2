using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A virtual host.</summary>
public sealed record VirtualHostInfo
{
    /// <summary>Gets the name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the description.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the tags.</summary>
    [JsonConverter(typeof(TagsConverter))]
    public IReadOnlyList<string> Tags { get; init => field = value ?? []; } = [];

    /// <summary>Gets for each node what the virtual host does there, for example <c>running</c>.</summary>
    [JsonConverter(typeof(TableConverter))]
    public IReadOnlyDictionary<string, JsonElement> ClusterState { get; init => field = value ?? ReadOnlyDictionary<string, JsonElement>.Empty; } = ReadOnlyDictionary<string, JsonElement>.Empty;
}
