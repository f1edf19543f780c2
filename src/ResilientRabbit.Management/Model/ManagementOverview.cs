using System.Text.Json.Serialization;

namespace ResilientRabbit.Management;

/// <summary>What the management API says of the cluster in short.</summary>
public sealed record ManagementOverview
{
    /// <summary>Gets the name of the cluster.</summary>
    public string ClusterName { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the version of RabbitMQ on the node that answered, for example <c>3.10.8</c>.</summary>
    [JsonPropertyName("rabbitmq_version")]
    public string RabbitVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the version of Erlang on that node.</summary>
    public string ErlangVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Gets the name of the node that answered.</summary>
    public string Node { get; init => field = value ?? ""; } = "";
}
