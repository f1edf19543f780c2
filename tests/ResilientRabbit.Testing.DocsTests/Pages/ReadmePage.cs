// Program.cs
using ResilientRabbit;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ResilientRabbit.Testing;
using Xunit;

namespace Shop;

/// <summary>The code of README.md, docs/configuration.md and docs/openstack.md.</summary>
public sealed class ReadmePage
{
    [Fact]
    public async Task The_quick_start_sends_and_receives()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(["--ResilientRabbit:Endpoints:0=" + broker.Endpoint]);
        builder.Services
            .AddResilientRabbit(builder.Configuration.GetSection("ResilientRabbit"))
            .AddTopology(topology => topology.Queue("orders"))
            .AddConsumer<OrderHandler>("orders");
        builder.Services.AddHostedService<OrderSender>();
        using IHost host = builder.Build();

        await host.StartAsync();

        IRabbitClient client = host.Services.GetRequiredService<IRabbitClient>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (client.Status.Subscriptions is not [{ Acknowledged: 1 }])
        {
            await Task.Delay(10, patience.Token);
        }

        await host.StopAsync(patience.Token);
    }

    [Fact]
    public async Task Without_a_container()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { broker.Endpoint } });
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue("orders").Build());
        await client.Publisher.PublishAsync("", "orders", "hello"u8.ToArray());

        Assert.Single(broker.GetMessages("orders"));
    }

    // Compiled only: its brokers, files and endless run are the reader's.
    internal static async Task ReadAsync(string[] args, IServiceCollection services, IConfiguration configuration, ResilientRabbitOptions options)
    {
        services.AddResilientRabbit(configuration.GetSection("ResilientRabbit"));      // a section
        services.AddResilientRabbit(options => options.Endpoints.Add("node-01"));      // code
        services.AddResilientRabbitFromOslo("/etc/nova/nova.conf");                     // OpenStack's files
        await using var client = new RabbitClient(options);                             // without a container: the same rules
        await ReadOpenStackAsync();
        await ReadClusterAsync();
        Run(args);
    }

    private static async Task ReadClusterAsync()
    {
        await using var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { "node-01", "node-02" } });
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue("orders").Build());
        await client.Publisher.PublishAsync("", "orders", "hello"u8.ToArray());
    }

    private static async Task ReadOpenStackAsync()
    {
        var configuration = OsloConfiguration.Load("/etc/nova/nova.conf");      // reads, never connects
        Console.WriteLine(configuration.Report);                                // what was found, and what became of it
        await using var client = new RabbitClient(configuration.CreateOptions());
    }

    private static void Run(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services
            .AddResilientRabbit(builder.Configuration.GetSection("ResilientRabbit"))
            .AddTopology(topology => topology.Queue("orders"))
            .AddConsumer<OrderHandler>("orders");
        builder.Services.AddHostedService<OrderSender>();
        builder.Build().Run();

        builder.Services.AddHealthChecks().AddResilientRabbit();

        builder.Services.AddResilientRabbitFromOslo("/etc/nova/nova.conf", "/etc/nova/nova.conf.d");
    }

    internal sealed class OrderSender(IPublisher publisher) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            // Returns when the broker has confirmed the message, whatever happens to its nodes meanwhile.
            PublishReceipt receipt = await publisher.PublishAsync(exchange: "", routingKey: "orders", "hello"u8.ToArray(), cancellationToken: stoppingToken);
            Console.WriteLine($"confirmed: {receipt.MessageId}");
        }
    }

    internal sealed class OrderHandler : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            Console.WriteLine($"received: {System.Text.Encoding.UTF8.GetString(message.Body.Span)}");
            return ValueTask.FromResult(Settlement.Ack);
        }
    }
}
