using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ResilientRabbit.Diagnostics;

/// <summary>Reads the status of a client; sends nothing.</summary>
internal sealed class ResilientRabbitHealthCheck(IRabbitClient client, ResilientRabbitHealthOptions limits, int registeredConsumers, bool isLiveness, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var judge = new HealthJudge(limits, client.Status, registeredConsumers, time.GetUtcNow());
        HealthVerdict verdict = isLiveness ? judge.Liveness() : judge.Readiness();
        HealthStatus reported = verdict.Status == HealthStatus.Unhealthy ? context.Registration.FailureStatus : verdict.Status;
        return Task.FromResult(new HealthCheckResult(reported, verdict.Description, data: judge.Data(verdict)));
    }
}
