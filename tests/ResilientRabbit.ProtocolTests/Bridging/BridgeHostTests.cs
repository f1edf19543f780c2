using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Bridging;

/// <summary>A bridge in a host: two keyed clients, its health and its metrics.</summary>
public sealed class BridgeHostTests
{
    [Fact]
    public async Task A_hosted_bridge_forwards_reports_and_drains_when_the_host_stops()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.FillAsync(100);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddResilientRabbit("far", options => options.Endpoints.Add(bed.Far.Endpoint));
        builder.Services.AddResilientRabbit("near", options => options.Endpoints.Add(bed.Near.Endpoint))
            .AddBridge("hosted", static options => (options.Queue, options.TargetClient, options.Exchange) = (Bed.Queue, "far", ""));
        builder.Services.AddHealthChecks().AddResilientRabbitBridge("hosted", TimeSpan.FromMilliseconds(100));
        using IHost host = builder.Build();
        using var meter = new BridgeMeterReader(host.Services);
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync()).Status);

        await host.StartAsync();
        await bed.EmptyAsync();

        Assert.Equal([.. Enumerable.Range(0, 100).Select(Bed.Id)], bed.Far.Stored());
        MessageBridge bridge = host.Services.GetRequiredKeyedService<MessageBridge>("hosted");
        await Bed.UntilAsync(() => bridge.Status is { InFlight: 0, IsConsuming: true }, "a quiet bridge");
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        Assert.Equal((100L, 0L, 0.0), (meter.Read("rabbitmq.client.bridge.messages", "forwarded"), meter.Read("rabbitmq.client.bridge.in_flight"), meter.Read("rabbitmq.client.bridge.oldest_age")));

        // The far side says nothing more: the oldest message grows old.
        FaultHandle silent = bed.Far.Faults.FromBroker(AmqpMethod.BasicAck).Always().Drop();
        await bed.FillAsync(1, first: 100);
        await Bed.UntilAsync(() => bridge.Status.OldestAge > TimeSpan.FromMilliseconds(100), "an old message");
        HealthReport report = await health.CheckHealthAsync();
        Assert.Equal((HealthStatus.Unhealthy, 1), (report.Status, (int)report.Entries["resilient-rabbit-bridge:hosted"].Data["in_flight"]));
        Assert.Equal(1.0, meter.Read("rabbitmq.client.bridge.in_flight"));
        Assert.True(meter.Read("rabbitmq.client.bridge.oldest_age") >= 0.1);

        bed.ResumeConfirms(silent);
        await host.StopAsync();
        Assert.Equal((101, 0, false), ((int)bridge.Status.Forwarded, bed.Unsettled(), bridge.Status.IsConsuming));
        Assert.Null(meter.Read("rabbitmq.client.bridge.in_flight"));
    }

    [Fact]
    public async Task A_bridge_that_is_not_valid_stops_the_host_at_its_start()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddResilientRabbit().AddBridge("wrong", static options => options.WindowBytes = 0);
        using IHost host = builder.Build();

        ArgumentException problem = await Assert.ThrowsAnyAsync<ArgumentException>(() => host.StartAsync());

        Assert.Contains("WindowBytes", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bridge_whose_source_is_away_can_be_stopped_at_once_and_disposed_twice()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.Near.Broker.KillAsync();
        var bridge = new MessageBridge(bed.NearClient, bed.FarClient, new MessageBridgeOptions { Name = "b", Queue = Bed.Queue });
        Task starting = bridge.StartAsync();

        await bridge.StopAsync().WaitAsync(Bed.Patience);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.WaitAsync(Bed.Patience));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bridge.StartAsync());
        await bridge.DisposeAsync();
        bridge.Dispose();
        Assert.Null(bridge.Status.Source);
    }
}
