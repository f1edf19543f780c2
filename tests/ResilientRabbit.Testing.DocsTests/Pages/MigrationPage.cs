using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Pages;

/// <summary>The code of docs/migration.md that is ours.</summary>
public sealed partial class MigrationPage
{
    [Fact]
    public async Task Typed_messages()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { broker.Endpoint } });
        await client.DeclareAsync(new TopologyBuilder().Exchange("shop", "topic").Queue("orders").Bind("orders", "shop", "order.*").Build());
        IPublisher publisher = client.Publisher;

        // ResilientRabbit: exchange and queue have the names you give them, JSON through generated metadata.
        await publisher.PublishAsync("shop", "order.created", JsonSerializer.SerializeToUtf8Bytes(new Order(4711), OrderJson.Default.Order));

        Assert.Single(broker.GetMessages("orders"));
    }

    [Fact]
    public void Typed_handlers()
    {
        var services = new ServiceCollection();

        // ResilientRabbit: a typed handler, in a scope of its own for each message.
        services
            .AddResilientRabbit(options => options.Endpoints.Add("localhost"))
            .AddConsumer<OrderJsonHandler, Order>("orders", OrderJson.Default.Order);

        Assert.NotEmpty(services);
    }

    public sealed record Order(int Number);

    public sealed class OrderJsonHandler : IMessageHandler<Order>
    {
        public ValueTask<Settlement> HandleAsync(Order value, ReceivedMessage message, CancellationToken cancellationToken) => ValueTask.FromResult(Settlement.Ack);
    }

    [JsonSerializable(typeof(Order))]
    public sealed partial class OrderJson : JsonSerializerContext;
}
