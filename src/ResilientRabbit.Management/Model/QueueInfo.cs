using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A queue. Counts are the broker's statistics, some seconds old, and unknown for a queue that is new.</summary>
public sealed record QueueInfo
{
    /// <summary>Gets the name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the virtual host.</summary>
    [JsonPropertyName("vhost")]
    public string VirtualHost { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the type: <c>classic</c>, <c>quorum</c> or <c>stream</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the state, for example <c>running</c>; empty when it is not known, <c>down</c> when the node that holds the queue is down.</summary>
    public string State { get; init => field = value ?? ""; } = "";

    /// <summary>Gets a value indicating whether the queue outlives a restart of the broker.</summary>
    [JsonPropertyName("durable")]
    public bool IsDurable { get; init; }

    /// <summary>Gets a value indicating whether the broker deletes the queue with its last consumer.</summary>
    [JsonPropertyName("auto_delete")]
    public bool IsAutoDelete { get; init; }

    /// <summary>Gets a value indicating whether the queue belongs to one connection.</summary>
    [JsonPropertyName("exclusive")]
    public bool IsExclusive { get; init; }

    /// <summary>Gets the arguments that the queue was declared with.</summary>
    [JsonConverter(typeof(TableConverter))]
    public IReadOnlyDictionary<string, JsonElement> Arguments { get; init => field = value ?? ReadOnlyDictionary<string, JsonElement>.Empty; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>Gets the name of the policy in effect; <see langword="null"/> when there is none.</summary>
    public string? Policy { get; init; }

    /// <summary>Gets the name of the operator policy in effect; <see langword="null"/> when there is none.</summary>
    public string? OperatorPolicy { get; init; }

    /// <summary>Gets what both policies together set.</summary>
    [JsonPropertyName("effective_policy_definition")]
    [JsonConverter(typeof(TableConverter))]
    public IReadOnlyDictionary<string, JsonElement> PolicyDefinition { get; init => field = value ?? ReadOnlyDictionary<string, JsonElement>.Empty; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>Gets the node that holds the queue, for a mirrored one its master; <see langword="null"/> when it is not known.</summary>
    public string? Node { get; init; }

    /// <summary>Gets the leader of a quorum queue; <see langword="null"/> for others, and while there is none.</summary>
    [JsonPropertyName("leader")]
    public string? QuorumLeader { get; init; }

    /// <summary>Gets the nodes of a quorum queue.</summary>
    public IReadOnlyList<string> Members { get; init => field = value ?? []; } = [];

    /// <summary>Gets those of the members that are online.</summary>
    [JsonPropertyName("online")]
    public IReadOnlyList<string> OnlineMembers { get; init => field = value ?? []; } = [];

    /// <summary>Gets the nodes with a mirror of a classic queue (3.x).</summary>
    [JsonPropertyName("slave_nodes")]
    public IReadOnlyList<string> Mirrors { get; init => field = value ?? []; } = [];

    /// <summary>Gets those of the mirrors that hold every message.</summary>
    [JsonPropertyName("synchronised_slave_nodes")]
    public IReadOnlyList<string> SynchronisedMirrors { get; init => field = value ?? []; } = [];

    /// <summary>Gets the number of consumers; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(NumberConverter))]
    public long? Consumers { get; init; }

    /// <summary>Gets the number of ready and unacknowledged messages; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(NumberConverter))]
    public long? Messages { get; init; }

    /// <summary>Gets the number of ready messages; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(NumberConverter))]
    public long? MessagesReady { get; init; }

    /// <summary>Gets the number of delivered, unacknowledged messages; <see langword="null"/> when it is not known.</summary>
    [JsonPropertyName("messages_unacknowledged")]
    [JsonConverter(typeof(NumberConverter))]
    public long? MessagesUnacknowledged { get; init; }

    /// <summary>Gets the node with the leader: of a quorum queue, or the master of a classic one; <see langword="null"/> when it is not known.</summary>
    [JsonIgnore]
    public string? Leader => QuorumLeader ?? Node;

    /// <summary>Gets the mirrors that do not hold every message: promoted, they lose some.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> UnsynchronisedMirrors => [.. Mirrors.Except(SynchronisedMirrors, StringComparer.Ordinal)];
}
