using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Pages;

/// <summary>The code of docs/publishing.md, docs/consuming.md, docs/topology.md and the README's part without a container.</summary>
public sealed class UsagePages
{
    private static readonly byte[] Text = "an order"u8.ToArray();

    [Fact]
    public async Task Publishing()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RabbitClient client = await StartAsync(broker);
        IPublisher publisher = client.Publisher;
        ReadOnlyMemory<byte> body = Text;
        IReadOnlyList<OutboundMessage> messages = [new OutboundMessage { Exchange = "", RoutingKey = "orders", Body = body }, new OutboundMessage { Exchange = "", RoutingKey = "nowhere", Body = body }];

        // One message. Returning is the success.
        PublishReceipt receipt = await publisher.PublishAsync("", "orders", body);

        // Everything that a message can have.
        var message = new OutboundMessage
        {
            Exchange = "shop",
            RoutingKey = "order.created",
            Body = body,
            Properties = new MessageProperties { MessageId = "order-4711", ContentType = "application/json" },
            OrderingKey = "customer-42",
            DeliveryTimeout = TimeSpan.FromSeconds(30),
        };
        await publisher.PublishAsync(message);

        // Many: one outcome each, and it never throws for one of them.
        PublishBatchResult batch = await publisher.PublishBatchAsync(messages);
        foreach (PublishOutcome outcome in batch.Outcomes.Where(outcome => !outcome.IsConfirmed))
        {
            Console.WriteLine(outcome.Error!.Message);
        }

        // What went wrong, and what to do about it.
        try
        {
            await publisher.PublishAsync("", "orders", body);
        }
        catch (PublishException failure) when (failure.Failure == PublishFailure.NotSent)
        {
            Console.WriteLine($"Nothing left the process, publish again: {failure.Message}");
        }
        catch (PublishException failure)
        {
            Console.WriteLine($"{failure.Failure}, stored all the same: {failure.MayBeStored}, see {failure.HelpLink}");
        }

        // ResilientRabbit: confirms, mandatory and persistent are the defaults; any thread, no channel.
        await publisher.PublishAsync("shop", "order.created", body);

        Assert.Equal((1, 1, 1), (receipt.Attempts, batch.Confirmed, batch.Failed));
        Assert.Equal(5, broker.GetMessages("orders").Count);
    }

    [Fact]
    public async Task Consuming()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RabbitClient client = await StartAsync(broker);
        var handled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IMessageHandler handler = new NotingHandler(handled);
        await client.Publisher.PublishAsync("", "orders", Text);

        // One message at a time, without a subscription.
        PulledMessage? pulled = await client.GetAsync("orders");
        if (pulled is not null)
        {
            await pulled.SettleAsync(Settlement.Ack);
        }

        Assert.NotNull(pulled);
        await SubscribeAsync(client, handler, handled.Task);
        await MigrateAsync(client, handler);
    }

    [Fact]
    public async Task Topologies()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { broker.Endpoint } });

        Topology topology = new TopologyBuilder()
            .Exchange("shop", "topic")
            .QuorumQueue("orders")
            .Bind("orders", "shop", "order.*")
            .Build();
        await client.DeclareAsync(topology);

        Assert.NotNull(broker.Queue("orders"));
    }

    private static async Task SubscribeAsync(RabbitClient client, IMessageHandler handler, Task handled)
    {
        await using ISubscription subscription = await client.SubscribeAsync("orders", handler, new ConsumerOptions
        {
            Prefetch = 50,
            Concurrency = 4,
            RetryDelays = [TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)],
            OrderingKey = message => message.GetHeaderText("customer"),
        });
        await client.Publisher.PublishAsync("", "orders", Text);
        await handled.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static async Task MigrateAsync(RabbitClient client, IMessageHandler handler)
    {
        // ResilientRabbit: the handler's return value settles.
        await using ISubscription subscription = await client.SubscribeAsync("orders", handler);

        Assert.True(subscription.Status.IsConsuming);
    }

    private static async Task<RabbitClient> StartAsync(TestBroker broker)
    {
        var client = new RabbitClient(new ResilientRabbitOptions { Endpoints = { broker.Endpoint } });
        await client.DeclareAsync(new TopologyBuilder().Exchange("shop", "topic").Queue("orders").Bind("orders", "shop", "order.*").Build());
        return client;
    }

    private sealed class NotingHandler(TaskCompletionSource handled) : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            handled.TrySetResult();
            return ValueTask.FromResult(Settlement.Ack);
        }
    }
}
