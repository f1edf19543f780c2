using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A binding of a queue or an exchange to an exchange.</summary>
public sealed record BindingInfo
{
    /// <summary>Gets the exchange that is bound to; empty for the default exchange, whose bindings nobody can delete.</summary>
    public string Source { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the name of the queue or exchange that receives.</summary>
    public string Destination { get; init => field = value ?? ""; } = "";

    /// <summary>Gets what receives: <c>queue</c> or <c>exchange</c>.</summary>
    public string DestinationType { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the routing key or pattern.</summary>
    public string RoutingKey { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the arguments.</summary>
    [JsonConverter(typeof(TableConverter))]
    public IReadOnlyDictionary<string, JsonElement> Arguments { get; init => field = value ?? ReadOnlyDictionary<string, JsonElement>.Empty; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>Gets the broker's name for routing key and arguments together, by which the binding is addressed.</summary>
    public string PropertiesKey { get; init => field = value ?? ""; } = "";
}
