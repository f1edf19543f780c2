using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Pages;

/// <summary>The code of docs/sites.md.</summary>
public sealed class SitesPage
{
    [Fact]
    public async Task A_bridge_in_a_host_forwards()
    {
        await using TestBroker nearBroker = await TestBroker.StartAsync();
        await using TestBroker farBroker = await TestBroker.StartAsync();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        Register(builder.Services);
        builder.Services.Configure<ResilientRabbitOptions>("near", options => UseOnly(options, nearBroker));
        builder.Services.Configure<ResilientRabbitOptions>("far", options => UseOnly(options, farBroker));
        using IHost host = builder.Build();
        IRabbitClient far = host.Services.GetRequiredKeyedService<IRabbitClient>("far");
        await far.DeclareAsync(new TopologyBuilder().Queue("orders").Build());
        await host.StartAsync();

        await host.Services.GetRequiredKeyedService<IRabbitClient>("near").Publisher.PublishAsync("", "orders", "an order"u8.ToArray());
        await farBroker.WaitForAsync(static broker => broker.Queue("orders") is { Messages: 1 }, TimeSpan.FromSeconds(20));

        Assert.Equal(HealthStatus.Healthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_bridge_without_a_container_starts()
    {
        await using TestBroker nearBroker = await TestBroker.StartAsync();
        await using RabbitClient near = ClientOf(nearBroker);
        await using RabbitClient far = ClientOf(nearBroker);
        await near.DeclareAsync(new TopologyBuilder().Queue("orders").Build());

        await using var bridge = new MessageBridge(near, far, new MessageBridgeOptions { Name = "orders-to-far", Queue = "orders", Exchange = "", RoutingKey = "orders" });
        await bridge.StartAsync();
        Console.WriteLine(bridge.Status);

        Assert.True(bridge.Status.IsConsuming);
    }

    private static void Register(IServiceCollection services)
    {
        services.AddResilientRabbit("far", options => options.Endpoints.Add("far-01"));
        services.AddResilientRabbit("near", options => options.Endpoints.Add("near-01"))
            .AddTopology(topology => topology.Queue("orders"))
            .AddBridge("orders-to-far", options =>
            {
                options.Queue = "orders";
                options.TargetClient = "far";
                options.Exchange = "";
                options.RoutingKey = "orders";
            });
        services.AddHealthChecks().AddResilientRabbitBridge("orders-to-far");
    }

    private static void UseOnly(ResilientRabbitOptions options, TestBroker broker)
    {
        options.Endpoints.Clear();
        options.Endpoints.Add(broker.Endpoint);
    }

    private static RabbitClient ClientOf(TestBroker broker)
    {
        var options = new ResilientRabbitOptions();
        UseOnly(options, broker);
        return new RabbitClient(options);
    }
}
