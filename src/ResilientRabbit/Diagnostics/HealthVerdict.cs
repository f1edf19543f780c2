using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ResilientRabbit.Diagnostics;

/// <summary>What a health check says: the reason is a word for programs, the description a sentence for people.</summary>
internal sealed record HealthVerdict(HealthStatus Status, string Reason, string Description);
