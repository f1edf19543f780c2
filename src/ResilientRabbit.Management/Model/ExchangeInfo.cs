using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>An exchange.</summary>
public sealed record ExchangeInfo
{
    /// <summary>Gets the name; empty for the default exchange.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the type, for example <c>topic</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Gets a value indicating whether the exchange outlives a restart of the broker.</summary>
    [JsonPropertyName("durable")]
    public bool IsDurable { get; init; }

    /// <summary>Gets a value indicating whether the broker deletes the exchange with its last binding.</summary>
    [JsonPropertyName("auto_delete")]
    public bool IsAutoDelete { get; init; }

    /// <summary>Gets a value indicating whether nobody can publish to the exchange.</summary>
    [JsonPropertyName("internal")]
    public bool IsInternal { get; init; }

    /// <summary>Gets the arguments that the exchange was declared with.</summary>
    [JsonConverter(typeof(TableConverter))]
    public IReadOnlyDictionary<string, JsonElement> Arguments { get; init => field = value ?? ReadOnlyDictionary<string, JsonElement>.Empty; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>Gets the name of the policy in effect; <see langword="null"/> when there is none.</summary>
    public string? Policy { get; init; }
}
