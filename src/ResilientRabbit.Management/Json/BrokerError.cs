using System.Text.Json;

namespace ResilientRabbit.Management.Json;

/// <summary>The body of a failure.</summary>
internal sealed record BrokerError(string? Error, JsonElement Reason);
