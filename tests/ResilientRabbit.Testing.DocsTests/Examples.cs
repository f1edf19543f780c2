using RabbitMQ.Client;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests;

/// <summary>The code of docs/testing.md and of the package's README: it runs here, and <see cref="PageTests"/> compares the pages with this file.</summary>
public sealed class Examples
{
    [Fact]
    public async Task My_service_survives_a_failover()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        var options = new ResilientRabbitOptions();
        cluster.Endpoints.ToList().ForEach(options.Endpoints.Add);
        await using var client = new RabbitClient(options);
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue("orders").Build());

        List<string> confirmed = [];
        for (int number = 0; number < 300; number++)
        {
            PublishReceipt receipt = await client.Publisher.PublishAsync("", "orders", "an order"u8.ToArray());
            confirmed.Add(receipt.MessageId);
            if (number == 100)
            {
                await cluster.LeaderOf("orders").KillAsync();
            }
        }

        var stored = cluster.LeaderOf("orders").GetMessages("orders").Select(message => message.MessageId);
        Assert.Empty(confirmed.Except(stored));
    }

    [Fact]
    public async Task A_lost_confirm_costs_a_marked_duplicate_and_nothing_else()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        var options = new ResilientRabbitOptions { Endpoints = { broker.Endpoint } };
        await using var client = new RabbitClient(options);
        await client.DeclareAsync(new TopologyBuilder().Queue("orders").Build());
        broker.OnPublish.Next(store: true, confirm: Confirm.Drop);
        FaultHandle fin = broker.Faults.FromClient(AmqpMethod.BasicPublish).Fin();

        PublishReceipt receipt = await client.Publisher.PublishAsync("", "orders", "an order"u8.ToArray());

        Assert.Equal(1, fin.Fired);
        Assert.Equal(2, receipt.Attempts);
        DuplicatePublish duplicate = Assert.Single(broker.Journal.Duplicates());
        Assert.True(duplicate.IsMarked);
        Assert.Empty(broker.Journal.FalseConfirms([receipt.MessageId]));
    }

    [Fact]
    public async Task Any_client_can_be_tested()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        var factory = new ConnectionFactory { HostName = broker.Host, Port = broker.Port };
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync("orders", durable: true, exclusive: false, autoDelete: false);

        await channel.BasicPublishAsync("", "orders", "an order"u8.ToArray());

        await broker.WaitForAsync(b => b.Queue("orders")?.Messages == 1, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task The_fault_language()
    {
        await using TestBroker broker = await TestBroker.StartAsync();

        // where and when: direction and method, then connection, channel, condition, from which one on, how many
        FaultTrigger trigger = broker.Faults.FromClient(AmqpMethod.BasicPublish)
            .OnConnection(2).OnChannel(1).Where(frame => frame.RoutingKey is "orders").Nth(100).Times(3);

        // what: one action each
        FaultHandle reset = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(100).Reset();
        FaultHandle held = broker.Faults.FromBroker(AmqpMethod.BasicAck).Hold();
        FaultHandle silent = broker.Faults.FromBroker(AmqpMethod.ConnectionTune).Stall();
        FaultHandle partial = broker.Faults.FromBroker(AmqpMethod.BasicDeliver).CutAt(20);
        FaultHandle closed = broker.Faults.FromClient(AmqpMethod.BasicPublish).CloseChannel(404, "NOT_FOUND - no exchange");
        FaultHandle refused = broker.Faults.AtConnect().Times(3).Refuse();
        FaultHandle backwards = broker.Faults.ConfirmWith(ConfirmRule.Reversed(10));

        // publish by publish: stored and never confirmed, then confirmed and never stored, then confirmed three frames later
        broker.OnPublish
            .Next(store: true, confirm: Confirm.Drop)
            .Next(store: false, confirm: Confirm.Ack)
            .Next(confirm: Confirm.Ack, afterFrames: 3);

        held.Release();
        broker.Faults.CancelAll();
        Assert.NotNull(trigger);
        Assert.All([reset, silent, partial, closed, refused, backwards], fault => Assert.Equal(0, fault.Fired));
    }

    [Fact]
    public async Task The_journal()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        var options = new ResilientRabbitOptions { Endpoints = { broker.Endpoint } };
        await using var client = new RabbitClient(options);
        await client.DeclareAsync(new TopologyBuilder().Queue("orders").Build());

        Task<PublishReceipt> publishing = client.Publisher.PublishAsync("", "orders", "an order"u8.ToArray()).AsTask();
        JournalEntry publish = await broker.Journal.WaitForAsync(frame => frame.Method == AmqpMethod.BasicPublish, TimeSpan.FromSeconds(10));
        PublishReceipt receipt = await publishing;

        Assert.Equal(receipt.MessageId, publish.MessageId);
        Assert.Empty(broker.Journal.FalseConfirms([receipt.MessageId]));
        Assert.DoesNotContain(broker.Journal.Duplicates(), duplicate => !duplicate.IsMarked);
        Assert.Empty(broker.Journal.StaleAcks());
        Assert.Empty(broker.Journal.Interleaved());
        Assert.Empty(broker.Journal.OrderBreaks(frame => frame.RoutingKey, frame => frame.Number));
    }

    [Fact]
    public async Task A_policy()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await broker.PublishAsync("orders", "nobody is there yet"u8.ToArray());

        broker.SetPolicy(new TestBrokerPolicy("short", "^orders", new Dictionary<string, object?> { ["max-length"] = 1000, ["overflow"] = "reject-publish" }));

        Assert.True(broker.RemovePolicy("short"));
    }

    [Fact]
    public async Task The_proxy()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        string host = broker.Host;
        int port = broker.Port;

        await using FrameProxy proxy = FrameProxy.Start(host, port);
        proxy.SetRoundTrip(TimeSpan.FromMilliseconds(40));
        proxy.FromClient.BytesPerSecond = 1_000_000;
        FaultHandle lost = proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).LoseConfirm();
        FaultHandle reset = proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(3).Reset();

        var options = new ResilientRabbitOptions { Endpoints = { $"{proxy.Host}:{proxy.Port}" } };
        await using var client = new RabbitClient(options);
        await client.DeclareAsync(new TopologyBuilder().Queue("orders").Build());
        var publishes = Enumerable.Range(0, 10).Select(_ => client.Publisher.PublishAsync("", "orders", "an order"u8.ToArray()).AsTask());
        PublishReceipt[] receipts = await Task.WhenAll(publishes);

        Assert.Equal((1, 1), (lost.Fired, reset.Fired));
        Assert.Empty(proxy.Journal.FalseConfirms(receipts.Select(receipt => receipt.MessageId)));
    }
}
