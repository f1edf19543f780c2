using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A user. The hash of the password is not part of it.</summary>
public sealed record UserInfo
{
    /// <summary>Gets the name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the tags, for example <c>administrator</c>.</summary>
    [JsonConverter(typeof(TagsConverter))]
    public IReadOnlyList<string> Tags { get; init => field = value ?? []; } = [];
}
