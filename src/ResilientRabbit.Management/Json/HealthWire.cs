using System.Text.Json;

namespace ResilientRabbit.Management.Json;

/// <summary>The answer of a health check.</summary>
internal sealed record HealthWire(string? Status, JsonElement Reason);
