using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ResilientRabbit.Diagnostics;

/// <summary>Judges a client by its status alone.</summary>
internal sealed class ResilientRabbitHealthCheck(IRabbitClient client) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        RabbitClientStatus status = client.Status;
        (HealthStatus health, string description) = Judge(status);
        HealthStatus reported = health == HealthStatus.Unhealthy ? context.Registration.FailureStatus : health;
        return Task.FromResult(new HealthCheckResult(reported, description, data: DataOf(status)));
    }

    private static (HealthStatus Health, string Description) Judge(RabbitClientStatus status)
    {
        if (status.State is ConnectionState.Faulted or ConnectionState.Closed)
        {
            return (HealthStatus.Unhealthy, $"The client is {status.State}.{FailureOf(status)}");
        }

        // Only connections in use count: one that nobody has needed yet is no failure.
        List<ConnectionStatus> used = [.. status.Connections.Where(static connection => connection.State != ConnectionState.Disconnected)];
        List<ConnectionStatus> publishing = used.FindAll(IsForPublishing);
        if (publishing.Count > 0 && !publishing.Exists(IsConnected))
        {
            return (HealthStatus.Unhealthy, $"No connection for publishing is open.{FailureOf(status)}");
        }

        if (used.Count == 0)
        {
            // Not unhealthy: a host that is sent no work because of that would never connect.
            return (HealthStatus.Degraded, "Not connected yet; the client connects at first use.");
        }

        if (used.Find(static connection => !IsConnected(connection)) is { } lost)
        {
            return (HealthStatus.Degraded, $"The connection '{lost.Name}' is {lost.State}.{FailureOf(status)}");
        }

        return JudgeConnected(status);
    }

    private static (HealthStatus Health, string Description) JudgeConnected(RabbitClientStatus status)
    {
        if (status.BlockedReason is { } reason)
        {
            return (HealthStatus.Degraded, $"The broker has blocked publishing: {reason}. Check its memory and disk alarms.");
        }

        // Paused and stopped is what the application asked for.
        SubscriptionStatus? idle = status.Subscriptions
            .FirstOrDefault(static subscription => subscription.State is SubscriptionState.Starting or SubscriptionState.Resubscribing);
        return idle is null ? (HealthStatus.Healthy, "Connected.") : (HealthStatus.Degraded, $"Queue '{idle.Queue}' is not being consumed.");
    }

    private static bool IsConnected(ConnectionStatus connection) => connection.State == ConnectionState.Connected;

    private static bool IsForPublishing(ConnectionStatus connection)
        => connection.Name.AsSpan(connection.Name.LastIndexOf(':') + 1).StartsWith("publish", StringComparison.Ordinal);

    private static string FailureOf(RabbitClientStatus status)
        => status.Connections.FirstOrDefault(static connection => !IsConnected(connection) && connection.LastFailure is not null) is { } failed
            ? $" Last failure: {failed.LastFailure} at {failed.Endpoint}."
            : "";

    private static Dictionary<string, object> DataOf(RabbitClientStatus status) => new(StringComparer.Ordinal)
    {
        ["state"] = status.State.ToString(),
        ["endpoints"] = string.Join(", ", status.Connections.Select(static connection => $"{connection.Name}={connection.Endpoint ?? "none"} ({connection.State})")),
        ["pending"] = status.Publishing.Pending,
        ["subscriptions"] = string.Create(
            CultureInfo.InvariantCulture, $"{status.Subscriptions.Count(static subscription => subscription.State == SubscriptionState.Consuming)} of {status.Subscriptions.Count} consuming"),
    };
}
