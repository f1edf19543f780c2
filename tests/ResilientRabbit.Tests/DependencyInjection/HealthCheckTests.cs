using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace ResilientRabbit.Tests.DependencyInjection;

public sealed class HealthCheckTests
{
    private const ConnectionState Up = ConnectionState.Connected;
    private const ConnectionState Down = ConnectionState.Reconnecting;
    private const ConnectionState Unused = ConnectionState.Disconnected;

    [Theory]
    [InlineData(Up, Up, Up, Up, HealthStatus.Healthy)]
    [InlineData(Up, Unused, Unused, Up, HealthStatus.Healthy)]
    [InlineData(Up, Up, Up, Unused, HealthStatus.Healthy)]
    [InlineData(Down, Up, Down, Up, HealthStatus.Degraded)]
    [InlineData(Down, Up, Up, Down, HealthStatus.Degraded)]
    [InlineData(Unused, Unused, Unused, Unused, HealthStatus.Degraded)]
    [InlineData(Down, Down, Down, Up, HealthStatus.Unhealthy)]
    [InlineData(ConnectionState.Connecting, ConnectionState.Connecting, Unused, Unused, HealthStatus.Unhealthy)]
    [InlineData(ConnectionState.Faulted, Up, Up, ConnectionState.Faulted, HealthStatus.Unhealthy)]
    [InlineData(ConnectionState.Closed, ConnectionState.Closed, ConnectionState.Closed, ConnectionState.Closed, HealthStatus.Unhealthy)]
    public async Task Health_follows_the_connections_in_use(
        ConnectionState client, ConnectionState publish1, ConnectionState publish2, ConnectionState consume, HealthStatus health)
    {
        HealthReportEntry entry = await CheckAsync(StatusOf(client, publish1, publish2, consume));

        Assert.Equal(health, entry.Status);
    }

    [Fact]
    public async Task A_blocked_connection_is_degraded_and_says_why()
    {
        RabbitClientStatus status = StatusOf(Up, Up, Up, Up);
        status = status with { Connections = [status.Connections[0] with { BlockedReason = "low on memory" }, .. status.Connections.Skip(1)] };

        HealthReportEntry entry = await CheckAsync(status);

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("low on memory", entry.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SubscriptionState.Starting, HealthStatus.Degraded)]
    [InlineData(SubscriptionState.Consuming, HealthStatus.Healthy)]
    [InlineData(SubscriptionState.Resubscribing, HealthStatus.Degraded)]
    [InlineData(SubscriptionState.Paused, HealthStatus.Healthy)]
    [InlineData(SubscriptionState.Stopped, HealthStatus.Healthy)]
    public async Task A_subscription_that_should_consume_and_does_not_is_degraded(SubscriptionState state, HealthStatus health)
    {
        RabbitClientStatus status = StatusOf(Up, Up, Up, Up) with { Subscriptions = [SubscriptionIn(SubscriptionState.Consuming), SubscriptionIn(state)] };

        HealthReportEntry entry = await CheckAsync(status);

        Assert.Equal(health, entry.Status);
    }

    [Fact]
    public async Task The_data_tell_state_endpoints_pending_and_subscriptions()
    {
        RabbitClientStatus status = StatusOf(Down, Up, Down, Up) with
        {
            Publishing = default(PublishCounts) with { Pending = 3 },
            Subscriptions = [SubscriptionIn(SubscriptionState.Consuming), SubscriptionIn(SubscriptionState.Paused)],
        };

        HealthReportEntry entry = await CheckAsync(status);

        Assert.Equal("Reconnecting", entry.Data["state"]);
        Assert.Contains("app:publish-1=node-01:5672 (Connected)", (string)entry.Data["endpoints"], StringComparison.Ordinal);
        Assert.Equal(3L, entry.Data["pending"]);
        Assert.Equal("1 of 2 consuming", entry.Data["subscriptions"]);
    }

    [Fact]
    public async Task A_named_client_has_a_check_of_its_own()
    {
        var services = new ServiceCollection();
        services.AddKeyedSingleton<IRabbitClient>("east", (_, _) => new FakeRabbitClient { Status = StatusOf(Up, Up, Up, Up) });
        services.AddSingleton<IRabbitClient>(_ => new FakeRabbitClient());

        HealthReport report = await CheckAsync(services, static checks => checks.AddResilientRabbit().AddResilientRabbit("east"));

        Assert.Equal(HealthStatus.Degraded, report.Entries["resilient-rabbit"].Status);
        Assert.Equal(HealthStatus.Healthy, report.Entries["resilient-rabbit:east"].Status);
    }

    private static async Task<HealthReportEntry> CheckAsync(RabbitClientStatus status)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IRabbitClient>(_ => new FakeRabbitClient { Status = status });
        HealthReport report = await CheckAsync(services, static checks => checks.AddResilientRabbit());
        return Assert.Single(report.Entries).Value;
    }

    private static async Task<HealthReport> CheckAsync(ServiceCollection services, Action<IHealthChecksBuilder> add)
    {
        services.AddLogging();
        add(services.AddHealthChecks());
        await using ServiceProvider provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
    }

    private static RabbitClientStatus StatusOf(ConnectionState client, ConnectionState publish1, ConnectionState publish2, ConnectionState consume)
        => new(client, [ConnectionIn(publish1, "app:publish-1"), ConnectionIn(publish2, "app:publish-2"), ConnectionIn(consume, "app:consume")], default, []);

    private static ConnectionStatus ConnectionIn(ConnectionState state, string name)
        => new(name, state, "node-01:5672", null, null, null, null, 0);

    private static SubscriptionStatus SubscriptionIn(SubscriptionState state) => new("orders", state, 0, 0, 0, 0, 0, 0, 0, 0, 0, null);
}
