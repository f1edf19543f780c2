using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ResilientRabbit.Diagnostics;

/// <summary>Judges a client by its status alone: what is worst comes first.</summary>
internal sealed class HealthJudge(ResilientRabbitHealthOptions limits, RabbitClientStatus status, int registeredConsumers, DateTimeOffset now)
{
    // Only connections in use count: one that nobody has needed yet is no failure.
    private readonly List<ConnectionStatus> _used = [.. status.Connections.Where(static connection => connection.State != ConnectionState.Disconnected)];

    /// <summary>Subscriptions that should consume; those registered in the host and not begun are among them. Paused and stopped is what the application asked for.</summary>
    private int Expected => status.Subscriptions.Count(static subscription => IsWanted(subscription)) + Math.Max(0, registeredConsumers - status.Subscriptions.Count);

    private int Live => status.Subscriptions.Count(static subscription => subscription.IsConsuming);

    /// <summary>Whether the process can do its work.</summary>
    public HealthVerdict Readiness()
    {
        if (status.State is ConnectionState.Closed)
        {
            return Unhealthy("closed", "The client is closed.");
        }

        if (status.State is ConnectionState.Faulted)
        {
            return Unhealthy("faulted", $"The broker refuses the client.{FailureOf()}");
        }

        return Down() ?? TooOld() ?? DeadConsumer() ?? Degraded();
    }

    /// <summary>Whether the process must be started anew: nothing but its own end is a reason, never a broker's.</summary>
    public HealthVerdict Liveness()
        => status.Connections.Any(static connection => connection.State == ConnectionState.Closed)
            ? Unhealthy("closed", "A connection is closed for good; only a new client connects again.")
            : new HealthVerdict(HealthStatus.Healthy, "alive", "The client is alive.");

    /// <summary>What an operator wants to see beside the verdict.</summary>
    public Dictionary<string, object> Data(HealthVerdict verdict) => new(StringComparer.Ordinal)
    {
        ["reason"] = verdict.Reason,
        ["state"] = status.State.ToString(),
        ["endpoints"] = string.Join(", ", status.Connections.Select(static connection => $"{connection.Name}={connection.Endpoint ?? "none"} ({connection.State})")),
        ["nodes"] = string.Join(", ", _used.Select(static connection => connection.NodeName).OfType<string>().Distinct(StringComparer.Ordinal)),
        ["pending"] = status.Publishing.Pending,
        ["oldest_unconfirmed_seconds"] = status.OldestUnconfirmed.TotalSeconds,
        ["consumers_expected"] = Expected,
        ["consumers_live"] = Live,
        ["subscriptions"] = string.Create(CultureInfo.InvariantCulture, $"{Live} of {status.Subscriptions.Count} consuming"),
    };

    private static HealthVerdict Unhealthy(string reason, string description) => new(HealthStatus.Unhealthy, reason, description);

    private static bool IsConnected(ConnectionStatus connection) => connection.State == ConnectionState.Connected;

    private static bool IsWanted(SubscriptionStatus subscription) => subscription.State is SubscriptionState.Starting or SubscriptionState.Consuming or SubscriptionState.Resubscribing;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");

    /// <summary>No connection for publishing is open.</summary>
    private HealthVerdict? Down()
    {
        List<ConnectionStatus> publishing = _used.FindAll(static connection => string.Equals(ClientTelemetry.RoleOf(connection.Name), "publish", StringComparison.Ordinal));
        if (publishing.Count == 0 || publishing.Exists(IsConnected))
        {
            return null;
        }

        // Since the last one was lost.
        TimeSpan down = now - (publishing.Max(static connection => connection.DownSince) ?? now);
        string text = $"No connection for publishing has been open for {Seconds(down)}.{FailureOf()}";
        return down >= limits.ReconnectGrace ? Unhealthy("no-connection", text) : TooOld() ?? new HealthVerdict(HealthStatus.Degraded, "reconnecting", text);
    }

    private HealthVerdict? TooOld()
        => status.OldestUnconfirmed >= limits.UnconfirmedLimit
            ? Unhealthy("unconfirmed-too-old", $"The oldest of {status.Publishing.Pending} pending messages has waited for its confirm for {Seconds(status.OldestUnconfirmed)}.{BlockedText()}")
            : null;

    private HealthVerdict? DeadConsumer()
        => status.Subscriptions.FirstOrDefault(subscription => subscription.MissingSince is { } since && now - since >= limits.ConsumerGrace) is { } dead
            ? Unhealthy("consumer-dead", $"Queue '{dead.Queue}' has not been consumed for {Seconds(now - dead.MissingSince!.Value)}.{ErrorOf(dead)}")
            : null;

    private HealthVerdict Degraded()
    {
        if (_used.Count == 0)
        {
            // Not unhealthy: a host that is sent no work because of that would never connect.
            return new HealthVerdict(HealthStatus.Degraded, "not-connected", "Not connected yet; the client connects at first use.");
        }

        if (status.BlockedReason is not null)
        {
            return new HealthVerdict(HealthStatus.Degraded, "blocked", BlockedText().TrimStart());
        }

        if (_used.Find(static connection => !IsConnected(connection)) is { } lost)
        {
            return new HealthVerdict(HealthStatus.Degraded, "connection-lost", $"The connection '{lost.Name}' is {lost.State}.{FailureOf()}");
        }

        if (Live < Expected)
        {
            SubscriptionStatus? missing = status.Subscriptions.FirstOrDefault(static subscription => IsWanted(subscription) && !subscription.IsConsuming);
            return new HealthVerdict(
                HealthStatus.Degraded, "consumers-missing", missing is null ? "Not all registered consumers have begun." : $"Queue '{missing.Queue}' is not being consumed.{ErrorOf(missing)}");
        }

        if (status.Subscriptions.FirstOrDefault(static subscription => subscription.Held > 0) is { } holding)
        {
            return new HealthVerdict(
                HealthStatus.Degraded, "messages-held", $"Queue '{holding.Queue}' holds {holding.Held} messages whose bodies exceed MaxInboundMessageSize; each takes a place of the prefetch.");
        }

        return new HealthVerdict(HealthStatus.Healthy, "connected", "Connected.");
    }

    private string BlockedText() => status.BlockedReason is { } reason ? $" The broker has blocked publishing: {PeerText.Sanitize(reason)}. Check its memory and disk alarms." : "";

    private static string ErrorOf(SubscriptionStatus subscription) => subscription.LastError is { } error ? $" Last failure: {PeerText.Sanitize(error)}." : "";

    private string FailureOf()
        => status.Connections.FirstOrDefault(static connection => !IsConnected(connection) && connection.LastFailure is not null) is { } failed
            ? $" Last failure: {failed.LastFailure} at {failed.Endpoint}."
            : "";
}
