using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ResilientRabbit.Diagnostics;

/// <summary>Reads the status of a bridge; sends nothing.</summary>
internal sealed class BridgeHealthCheck(MessageBridge bridge, TimeSpan oldestAge) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        MessageBridgeStatus status = bridge.Status;
        (HealthStatus health, string text) = status switch
        {
            _ when status.OldestAge >= oldestAge => (
                context.Registration.FailureStatus,
                string.Create(CultureInfo.InvariantCulture, $"The far side has left the oldest of {status.InFlight} messages without an answer for {status.OldestAge.TotalSeconds:0} s.")),
            { Source: null } => (HealthStatus.Degraded, "The bridge does not consume its source queue yet."),
            { IsConsuming: false } => (HealthStatus.Degraded, $"The source queue '{status.Source.Queue}' is not being consumed: {status.Source.State}."),
            _ => (HealthStatus.Healthy, "The bridge forwards."),
        };
        Dictionary<string, object> data = new(StringComparer.Ordinal)
        {
            ["forwarded"] = status.Forwarded,
            ["refused"] = status.Refused,
            ["loops"] = status.Loops,
            ["requeued"] = status.Requeued,
            ["in_flight"] = status.InFlight,
            ["oldest_age_seconds"] = status.OldestAge.TotalSeconds,
        };
        return Task.FromResult(new HealthCheckResult(health, text, data: data));
    }
}
