using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>A day in the life of a client, as its health check tells it. Alone: the port of a node that is down is anybody's.</summary>
[Collection(Conformance.AloneGroup.Name)]
public sealed class HealthDayTests(ITestOutputHelper output)
{
    private const string Queue = "health";
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Each_step_of_the_day_shows_within_two_seconds_with_its_reason()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await DeclareAsync(cluster);
        await using ServiceProvider services = Build(cluster);
        HealthCheckService health = services.GetRequiredService<HealthCheckService>();
        IRabbitClient client = services.GetRequiredService<IRabbitClient>();

        await SeesAsync(health, "not started", HealthStatus.Degraded, "not-connected");
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        await using ISubscription subscription = await client.SubscribeAsync(Queue, new LambdaHandler(static _ => Settlement.Ack)).WaitAsync(Bed.Patience);
        HealthReportEntry started = await SeesAsync(health, "start", HealthStatus.Healthy, "connected");
        Assert.Equal((1, 1), (started.Data["consumers_expected"], started.Data["consumers_live"]));

        // The other nodes take no connection for the moment: otherwise the lost one is back before anybody looks.
        int lost = cluster.Nodes.ToList().FindIndex(static node => node.Connections().Any(static connection => connection.ClientProvidedName?.Contains(":publish-", StringComparison.Ordinal) == true));
        FaultHandle[] shut = [.. cluster.Nodes.Select(static node => node.Faults.AtConnect().Times(1_000).Refuse())];
        await cluster.KillAsync(lost);
        HealthReportEntry degraded = await SeesAsync(health, "one node lost", HealthStatus.Degraded, "connection-lost");
        Assert.Contains("Reconnecting", (string)degraded.Data["endpoints"], StringComparison.Ordinal);
        Array.ForEach(shut, static fault => fault.Cancel());
        await SeesAsync(health, "its connections are elsewhere", HealthStatus.Healthy, "connected");
        await cluster.RestartAsync(lost);

        await Task.WhenAll(cluster.Nodes.Select(static node => node.BlockAsync("low on disk")));
        Task<PublishReceipt> waiting = client.Publisher.PublishAsync("", Queue, "while blocked"u8.ToArray()).AsTask();
        HealthReportEntry blocked = await SeesAsync(health, "blocked", HealthStatus.Degraded, "blocked");
        Assert.Contains("low on disk", blocked.Description, StringComparison.Ordinal);
        await Task.WhenAll(cluster.Nodes.Select(static node => node.UnblockAsync()));
        await waiting.WaitAsync(Bed.Patience);
        await SeesAsync(health, "unblocked", HealthStatus.Healthy, "connected");

        await Task.WhenAll(cluster.Nodes.Select(static node => node.KillAsync()));
        await SeesAsync(health, "all down", HealthStatus.Degraded, "reconnecting");
        HealthReportEntry down = await SeesAsync(health, "all down past the grace", HealthStatus.Unhealthy, "no-connection", Grace);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(static check => check.Tags.Contains("live"))).Status);
        Assert.Contains("Last failure", down.Description, StringComparison.Ordinal);
        await Task.WhenAll(cluster.Nodes.Select(static node => node.RestartAsync()));
        await SeesAsync(health, "all back", HealthStatus.Healthy, "connected");

        await cluster.Nodes[0].DeleteQueueAsync(Queue);
        HealthReportEntry missing = await SeesAsync(health, "queue deleted", HealthStatus.Degraded, "consumers-missing");
        Assert.Equal((1, 0), (missing.Data["consumers_expected"], missing.Data["consumers_live"]));
        HealthReportEntry dead = await SeesAsync(health, "queue deleted past the grace", HealthStatus.Unhealthy, "consumer-dead", Grace);
        Assert.Contains("404", dead.Description, StringComparison.Ordinal);
        await DeclareAsync(cluster);
        await SeesAsync(health, "queue back", HealthStatus.Healthy, "connected");
    }

    [Fact]
    public async Task A_message_that_gets_no_confirm_makes_the_client_unhealthy()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        await DeclareAsync(cluster);
        await using ServiceProvider services = Build(cluster, static limits => limits.UnconfirmedLimit = TimeSpan.FromMilliseconds(300));
        HealthCheckService health = services.GetRequiredService<HealthCheckService>();
        IPublisher publisher = services.GetRequiredService<IPublisher>();
        await publisher.PublishAsync("", Queue, "first"u8.ToArray()).AsTask().WaitAsync(Bed.Patience);
        FaultHandle held = cluster.Nodes[0].Faults.FromBroker(AmqpMethod.BasicAck).Hold();

        Task<PublishReceipt> unconfirmed = publisher.PublishAsync("", Queue, "second"u8.ToArray()).AsTask();
        await SeesAsync(health, "unconfirmed", HealthStatus.Unhealthy, "unconfirmed-too-old");
        held.Release();
        await unconfirmed.WaitAsync(Bed.Patience);

        await SeesAsync(health, "confirmed", HealthStatus.Healthy, "connected");
    }

    private async Task<HealthReportEntry> SeesAsync(HealthCheckService health, string step, HealthStatus status, string reason, TimeSpan after = default)
    {
        long start = Stopwatch.GetTimestamp();
        string seen = "";
        while (Stopwatch.GetElapsedTime(start) < InTime + after)
        {
            HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["resilient-rabbit"];
            if (entry.Status == status && reason.Equals(entry.Data["reason"] as string, StringComparison.Ordinal))
            {
                output.WriteLine($"{step}: {status}, {reason}, after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms: {entry.Description}");
                return entry;
            }

            seen = $"{entry.Status}, {entry.Data["reason"]}: {entry.Description}";
            await Task.Delay(5);
        }

        throw new InvalidOperationException($"{step}: not {status}, {reason} within {InTime + after}, but {seen}");
    }

    private static ServiceProvider Build(TestCluster cluster, Action<ResilientRabbitHealthOptions>? limits = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddResilientRabbit(options =>
        {
            foreach (TestBroker node in cluster.Nodes)
            {
                options.Endpoints.Add(node.Endpoint);
            }

            options.ReconnectDelay = TimeSpan.FromMilliseconds(10);
            options.ReconnectMaxDelay = TimeSpan.FromMilliseconds(200);
            options.ConnectTimeout = TimeSpan.FromSeconds(1);
            options.ShutdownTimeout = TimeSpan.FromSeconds(1);
        });
        services.AddHealthChecks().AddResilientRabbit(null, options =>
        {
            options.ReconnectGrace = Grace;
            options.ConsumerGrace = Grace;
            limits?.Invoke(options);
        });
        return services.BuildServiceProvider();
    }

    // Past the SDK, which would declare again what was declared through it.
    private static async Task DeclareAsync(TestCluster cluster)
    {
        await using IConnection connection = await new ConnectionFactory { HostName = cluster.Nodes[0].Host, Port = cluster.Nodes[0].Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" });
    }
}
