namespace ResilientRabbit.Management.Json;

/// <summary>The name of the cluster.</summary>
internal sealed record BrokerNameWire(string? Name);
