using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Pages;

/// <summary>The code of docs/getting-started.md, docs/configuration.md and docs/observability.md.</summary>
public sealed class GettingStartedPage
{
    [Fact]
    public async Task A_newcomers_worker_publishes_and_handles()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        Register(builder.Services);
        builder.Services.Configure<ResilientRabbitOptions>(options =>
        {
            options.Endpoints.Clear();
            options.Endpoints.Add(broker.Endpoint);
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        IPublisher publisher = host.Services.GetRequiredService<IPublisher>();

        PublishReceipt receipt = await publisher.PublishAsync(exchange: "", routingKey: "orders", "an order"u8.ToArray());
        Console.WriteLine($"confirmed: {receipt.MessageId}");

        IRabbitClient client = host.Services.GetRequiredService<IRabbitClient>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (client.Status.Subscriptions is not [{ Acknowledged: 1 }])
        {
            await Task.Delay(10, patience.Token);
        }

        await host.StopAsync();
        Assert.NotEmpty(receipt.MessageId);
    }

    private static void Register(IServiceCollection services)
    {
        services
            .AddResilientRabbit(options => options.Endpoints.Add("localhost"))
            .AddTopology(topology => topology.QuorumQueue("orders"))
            .AddConsumer<OrderHandler>("orders");

        services.AddHealthChecks().AddResilientRabbit();
    }

    [Fact]
    public void Limits_of_health_are_options()
    {
        var services = new ServiceCollection();

        services.AddHealthChecks().AddResilientRabbit(name: null, limits => limits.ReconnectGrace = TimeSpan.FromSeconds(10));

        Assert.NotEmpty(services);
    }

    internal sealed class OrderHandler : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            Console.WriteLine($"received {message.MessageId}, {message.Body.Length} bytes");
            return ValueTask.FromResult(Settlement.Ack);
        }
    }
}
