using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace ResilientRabbit.Tests.DependencyInjection;

public sealed class HealthCheckTests
{
    private const ConnectionState Up = ConnectionState.Connected;
    private const ConnectionState Down = ConnectionState.Reconnecting;
    private const ConnectionState Unused = ConnectionState.Disconnected;
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Up, Up, Up, Up, HealthStatus.Healthy)]
    [InlineData(Up, Unused, Unused, Up, HealthStatus.Healthy)]
    [InlineData(Up, Up, Up, Unused, HealthStatus.Healthy)]
    [InlineData(Down, Up, Down, Up, HealthStatus.Degraded)]
    [InlineData(Down, Up, Up, Down, HealthStatus.Degraded)]
    [InlineData(Unused, Unused, Unused, Unused, HealthStatus.Degraded)]
    [InlineData(Down, Down, Down, Up, HealthStatus.Degraded)]
    [InlineData(ConnectionState.Connecting, ConnectionState.Connecting, Unused, Unused, HealthStatus.Degraded)]
    [InlineData(ConnectionState.Faulted, Up, Up, ConnectionState.Faulted, HealthStatus.Unhealthy)]
    [InlineData(ConnectionState.Closed, ConnectionState.Closed, ConnectionState.Closed, ConnectionState.Closed, HealthStatus.Unhealthy)]
    public async Task Health_follows_the_connections_in_use(
        ConnectionState client, ConnectionState publish1, ConnectionState publish2, ConnectionState consume, HealthStatus health)
    {
        HealthReportEntry entry = await CheckAsync(StatusOf(client, publish1, publish2, consume));

        Assert.Equal(health, entry.Status);
    }

    [Theory]
    [InlineData(29, 31, HealthStatus.Degraded, "reconnecting")]
    [InlineData(31, 31, HealthStatus.Unhealthy, "no-connection")]
    public async Task Without_a_connection_for_publishing_the_grace_runs_from_the_loss_of_the_last_one(int second, int first, HealthStatus health, string reason)
    {
        RabbitClientStatus status = StatusOf(Down, Down, Down, Up);
        status = status with { Connections = [DownFor(status.Connections[0], first), DownFor(status.Connections[1], second), status.Connections[2]] };

        HealthReportEntry entry = await CheckAsync(status);

        Assert.Equal((health, reason), (entry.Status, entry.Data["reason"]));
    }

    [Theory]
    [InlineData(59, HealthStatus.Healthy, "connected")]
    [InlineData(60, HealthStatus.Unhealthy, "unconfirmed-too-old")]
    public async Task A_message_that_waits_too_long_for_its_confirm_is_unhealthy(int seconds, HealthStatus health, string reason)
    {
        HealthReportEntry entry = await CheckAsync(StatusOf(Up, Up, Up, Up) with { OldestUnconfirmed = TimeSpan.FromSeconds(seconds) });

        Assert.Equal((health, reason), (entry.Status, entry.Data["reason"]));
        Assert.Equal((double)seconds, entry.Data["oldest_unconfirmed_seconds"]);
    }

    [Theory]
    [InlineData(119, HealthStatus.Degraded, "consumers-missing")]
    [InlineData(121, HealthStatus.Unhealthy, "consumer-dead")]
    public async Task A_consumer_that_stays_away_too_long_is_unhealthy(int seconds, HealthStatus health, string reason)
    {
        SubscriptionStatus missing = SubscriptionIn(SubscriptionState.Resubscribing) with { MissingSince = Now - TimeSpan.FromSeconds(seconds), LastError = "404 NOT_FOUND" };

        HealthReportEntry entry = await CheckAsync(StatusOf(Up, Up, Up, Up) with { Subscriptions = [SubscriptionIn(SubscriptionState.Consuming), missing] });

        Assert.Equal((health, reason), (entry.Status, entry.Data["reason"]));
        Assert.Contains("404 NOT_FOUND", entry.Description, StringComparison.Ordinal);
        Assert.Equal((2, 1), (entry.Data["consumers_expected"], entry.Data["consumers_live"]));
    }

    [Fact]
    public async Task A_registered_consumer_that_has_not_begun_is_missing()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IRabbitClient>(_ => new FakeRabbitClient { Status = StatusOf(Up, Up, Up, Up) });
        services.AddResilientRabbit().AddConsumer<NoHandler>("orders");

        HealthReportEntry entry = (await CheckAsync(services, static checks => checks.AddResilientRabbit())).Entries["resilient-rabbit"];

        Assert.Equal((HealthStatus.Degraded, "consumers-missing"), (entry.Status, entry.Data["reason"]));
    }

    [Theory]
    [InlineData(ConnectionState.Faulted, HealthStatus.Healthy)]
    [InlineData(Down, HealthStatus.Healthy)]
    [InlineData(ConnectionState.Closed, HealthStatus.Unhealthy)]
    public async Task Only_a_closed_client_is_not_alive(ConnectionState state, HealthStatus health)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IRabbitClient>(_ => new FakeRabbitClient { Status = StatusOf(state, state, state, state) });

        HealthReport report = await CheckAsync(services, static checks => checks.AddResilientRabbit());

        Assert.Equal(health, report.Entries["resilient-rabbit-live"].Status);
        Assert.Equal(["live"], report.Entries["resilient-rabbit-live"].Tags);
        Assert.Equal(["ready"], report.Entries["resilient-rabbit"].Tags);
    }

    [Fact]
    public void A_limit_out_of_range_is_refused_at_once()
    {
        IHealthChecksBuilder checks = new ServiceCollection().AddHealthChecks();

        Assert.Throws<ArgumentOutOfRangeException>(() => checks.AddResilientRabbit(null, static limits => limits.ReconnectGrace = TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => checks.AddResilientRabbit(null, static limits => limits.UnconfirmedLimit = TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => checks.AddResilientRabbit(null, static limits => limits.ConsumerGrace = TimeSpan.FromDays(25)));
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

    private static ConnectionStatus DownFor(ConnectionStatus status, int seconds) => status with { DownSince = Now - TimeSpan.FromSeconds(seconds) };

    private static async Task<HealthReportEntry> CheckAsync(RabbitClientStatus status)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(new StandingTime());
        services.AddSingleton<IRabbitClient>(_ => new FakeRabbitClient { Status = status });
        HealthReport report = await CheckAsync(services, static checks => checks.AddResilientRabbit());
        return report.Entries["resilient-rabbit"];
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

    /// <summary>A clock that stands, so that an age is what the test says.</summary>
    private sealed class StandingTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class NoHandler : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
