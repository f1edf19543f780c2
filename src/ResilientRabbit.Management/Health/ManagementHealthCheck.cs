using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ResilientRabbit.Management.Health;

/// <summary>Asks the management API about the cluster. Never unhealthy: that the client can do its work is the other check's matter, and a restart of the process mends no broker.</summary>
internal sealed class ManagementHealthCheck(IRabbitManagementClient client, ManagementHealthOptions options, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            ClusterStatus status = await client.GetClusterStatusAsync(either.Token).ConfigureAwait(false);
            IReadOnlyList<QueueInfo> queues = options.CheckReplicas || options.QueuesWithConsumers.Count > 0
                ? await client.ListQueuesAsync(options.VirtualHost, either.Token).ConfigureAwait(false)
                : [];
            return ResultOf(ClusterJudge.Judge(status, queues, options));
        }
        catch (ManagementException exception)
        {
            return ResultOf([new ClusterReason("management-" + (exception.IsTransient ? "unreachable" : "refused"), exception.Message)]);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ResultOf([new ClusterReason("management-unreachable", FormattableString.Invariant($"The management API has not answered within {options.Timeout:c}."))]);
        }
    }

    private static HealthCheckResult ResultOf(IReadOnlyList<ClusterReason> reasons)
    {
        Dictionary<string, object> data = new(StringComparer.Ordinal)
        {
            ["reason"] = reasons.Count == 0 ? "as-it-should-be" : reasons[0].Word,
            ["reasons"] = string.Join(", ", reasons.Select(static reason => reason.Word).Distinct(StringComparer.Ordinal)),
        };
        return reasons.Count == 0
            ? HealthCheckResult.Healthy("The cluster is as it should be.", data)
            : HealthCheckResult.Degraded(string.Join(' ', reasons.Select(static reason => reason.Sentence)), data: data);
    }
}
