using System.Text.Json.Serialization;

namespace ResilientRabbit.Management.Json;

/// <summary>A user with the hash of its password, which no public type has.</summary>
internal sealed record UserWire(
    string? Name,
    [property: JsonConverter(typeof(TagsConverter))] IReadOnlyList<string>? Tags,
    string? PasswordHash,
    string? HashingAlgorithm)
{
    public override string ToString() => Name ?? "";
}
