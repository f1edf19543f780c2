using System.Text.Json.Serialization;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management;

/// <summary>A node of the cluster. Of a node that does not run only the name and the type are known.</summary>
public sealed record NodeInfo
{
    /// <summary>Gets the name, for example <c>rabbit@node-01</c>.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Gets a value indicating whether the node runs and is part of the cluster.</summary>
    [JsonPropertyName("running")]
    public bool IsRunning { get; init; }

    /// <summary>Gets the type: <c>disc</c> or <c>ram</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the nodes from which this one was cut off; empty when there is no partition.</summary>
    public IReadOnlyList<string> Partitions { get; init => field = value ?? []; } = [];

    /// <summary>Gets a value indicating whether the node uses more memory than it may: publishers are blocked in the whole cluster.</summary>
    [JsonPropertyName("mem_alarm")]
    public bool HasMemoryAlarm { get; init; }

    /// <summary>Gets a value indicating whether the node has too little disk space: publishers are blocked in the whole cluster.</summary>
    [JsonPropertyName("disk_free_alarm")]
    public bool HasDiskAlarm { get; init; }

    /// <summary>Gets the memory in use, in bytes; <see langword="null"/> when it is not known.</summary>
    [JsonPropertyName("mem_used")]
    [JsonConverter(typeof(NumberConverter))]
    public long? MemoryUsed { get; init; }

    /// <summary>Gets the limit of the memory alarm, in bytes; <see langword="null"/> when it is not known.</summary>
    [JsonPropertyName("mem_limit")]
    [JsonConverter(typeof(NumberConverter))]
    public long? MemoryLimit { get; init; }

    /// <summary>Gets the free disk space, in bytes; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(NumberConverter))]
    public long? DiskFree { get; init; }

    /// <summary>Gets the limit of the disk alarm, in bytes; <see langword="null"/> when it is not known.</summary>
    [JsonConverter(typeof(NumberConverter))]
    public long? DiskFreeLimit { get; init; }

    /// <summary>Gets the number of file descriptors in use; <see langword="null"/> when it is not known.</summary>
    [JsonPropertyName("fd_used")]
    [JsonConverter(typeof(NumberConverter))]
    public long? FileDescriptorsUsed { get; init; }

    /// <summary>Gets the number of file descriptors that there can be; <see langword="null"/> when it is not known.</summary>
    [JsonPropertyName("fd_total")]
    [JsonConverter(typeof(NumberConverter))]
    public long? FileDescriptorsTotal { get; init; }

    /// <summary>Gets how long the node has been up, in milliseconds; <see langword="null"/> when it is not known.</summary>
    [JsonPropertyName("uptime")]
    [JsonConverter(typeof(NumberConverter))]
    public long? UptimeMilliseconds { get; init; }

    /// <summary>Gets the plugins that the operator has enabled.</summary>
    public IReadOnlyList<string> EnabledPlugins { get; init => field = value ?? []; } = [];
}
