using System.Text.Json;
using ResilientRabbit.Clusters;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The calls about queues, exchanges and bindings, each compared with rabbitmqctl.</summary>
[Collection(ManagementGroup.Name)]
public sealed class QueueCallTests(ManagementFixture fixture)
{
    // What HTTP and the broker's own keys would trip over.
    private const string HardName = "a/b ?x=1&y#z %2F+\\日本";

    [Fact]
    [Calls(nameof(IRabbitManagementClient.ListQueuesAsync), nameof(IRabbitManagementClient.GetQueueAsync), nameof(IRabbitManagementClient.PurgeQueueAsync), nameof(IRabbitManagementClient.DeleteQueueAsync))]
    public async Task Queues_are_those_of_rabbitmqctl()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        await rabbit.DeclareAsync(new TopologyBuilder().ClassicQueue(HardName).QuorumQueue("quorum", deliveryLimit: 5).Queue(new QueueSpec { Name = "busy", MessageTtl = TimeSpan.FromHours(1) }).Build());
        await rabbit.Publisher.PublishAsync("", HardName, "1"u8.ToArray());
        await rabbit.Publisher.PublishAsync("", HardName, "2"u8.ToArray());
        await using ISubscription subscription = await rabbit.SubscribeAsync("busy", new Acknowledging());

        QueueInfo hard = await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync(HardName), static queue => queue.Messages == 2, "the messages do not show");
        QueueInfo quorum = await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync("quorum"), static queue => queue is { Leader: not null, OnlineMembers.Count: 2 }, "the members do not show");
        QueueInfo busy = await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync("busy"), static queue => queue.Consumers == 1, "the consumer does not show");
        IReadOnlyList<QueueInfo> all = await client.ListQueuesAsync();

        IReadOnlyList<JsonElement> told = await fixture.ListAsync("list_queues", "-p", virtualHost, "name", "type", "durable", "messages", "consumers", "leader", "members", "online");
        Assert.Equal(told.Select(static row => row.GetProperty("name").GetString()).Order(StringComparer.Ordinal), all.Select(static queue => queue.Name).Order(StringComparer.Ordinal));
        Assert.All(all, queue => Assert.Equal(told.Single(row => row.GetProperty("name").ValueEquals(queue.Name)).GetProperty("type").GetString(), queue.Type));
        JsonElement toldQuorum = told.Single(static row => row.GetProperty("name").GetString() is "quorum");
        Assert.Equal(toldQuorum.GetProperty("leader").GetString(), quorum.Leader);
        Assert.Equal(toldQuorum.GetProperty("members").EnumerateArray().Select(static node => node.GetString()!).Order(StringComparer.Ordinal), quorum.Members.Order(StringComparer.Ordinal));
        Assert.Equal(5, quorum.Arguments["x-delivery-limit"].GetInt32());
        Assert.Equal((virtualHost, true, false, false, 2L, 2L), (hard.VirtualHost, hard.IsDurable, hard.IsAutoDelete, hard.IsExclusive, hard.Messages, hard.MessagesReady));
        Assert.Equal(3_600_000, busy.Arguments["x-message-ttl"].GetInt32());

        ManagementException used = await Assert.ThrowsAsync<ManagementException>(() => client.DeleteQueueAsync("busy", ifUnused: true));
        ManagementException full = await Assert.ThrowsAsync<ManagementException>(() => client.DeleteQueueAsync(HardName, ifEmpty: true));
        Assert.Equal((ManagementFailure.Conflict, fixture.ConflictOfHardName), (used.Failure, full.Failure));
        await client.PurgeQueueAsync(HardName);
        Assert.Equal(0, await fixture.Cluster.GetMessageCountAsync(HardName, virtualHost));
        await client.DeleteQueueAsync(HardName, ifUnused: true, ifEmpty: true);
        await client.DeleteQueueAsync("quorum");
        string?[] left = [.. (await fixture.ListAsync("list_queues", "-p", virtualHost, "name")).Select(static row => row.GetProperty("name").GetString())];
        Assert.Contains("busy", left);
        Assert.DoesNotContain(HardName, left);
        Assert.DoesNotContain("quorum", left);
        ManagementException gone = await Assert.ThrowsAsync<ManagementException>(() => client.GetQueueAsync(HardName));
        Assert.Equal(ManagementFailure.NotFound, gone.Failure);
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.GetQueueAsync), nameof(IRabbitManagementClient.SetPolicyAsync))]
    public async Task Mirrors_and_what_they_lack_are_those_of_rabbitmqctl()
    {
        fixture.SkipWithoutMirroring();
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        await rabbit.DeclareAsync(new TopologyBuilder().ClassicQueue("mirrored").Build());
        await rabbit.Publisher.PublishAsync("", "mirrored", "1"u8.ToArray());

        // Added to a queue that holds a message, and synchronised by hand only: the mirror lacks it.
        await client.SetPolicyAsync(new PolicySpec { Name = "HA", Pattern = "^mirrored$", ApplyTo = PolicyScope.Queues, Definition = new Dictionary<string, object?> { ["ha-mode"] = "all", ["ha-sync-mode"] = "manual" } });
        QueueInfo lacking = await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync("mirrored"), static queue => queue is { Mirrors.Count: 1, PolicyDefinition.Count: 2 }, "no mirror");
        Assert.Equal(lacking.Mirrors, lacking.UnsynchronisedMirrors);
        Assert.Equal(("HA", "all"), (lacking.Policy, lacking.PolicyDefinition["ha-mode"].GetString()));

        await fixture.Cluster.Nodes[0].RunCtlAsync("sync_queue", "-p", virtualHost, "mirrored");
        QueueInfo synchronised = await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync("mirrored"), static queue => queue is { Mirrors.Count: 1, UnsynchronisedMirrors.Count: 0 }, "not synchronised");
        IRabbitNode leader = await fixture.Cluster.GetQueueLeaderAsync("mirrored", virtualHost);
        Assert.Equal(leader.Name, synchronised.Leader);
        Assert.Equal(fixture.Cluster.Nodes.Select(static node => node.Name).Except([leader.Name], StringComparer.Ordinal), synchronised.SynchronisedMirrors);
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.ListExchangesAsync), nameof(IRabbitManagementClient.GetExchangeAsync), nameof(IRabbitManagementClient.DeleteExchangeAsync),
        nameof(IRabbitManagementClient.ListBindingsAsync), nameof(IRabbitManagementClient.ListBindingsOfExchangeAsync), nameof(IRabbitManagementClient.DeleteBindingAsync))]
    public async Task Exchanges_and_bindings_are_those_of_rabbitmqctl()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        string[] keys = ["", "a ~%/.#", "order.*", "日本 ~", "%41+"];
        TopologyBuilder topology = new TopologyBuilder().Exchange(HardName, "topic", new Dictionary<string, object?> { ["alternate-exchange"] = "amq.fanout" }).Exchange("unused", "fanout").ClassicQueue("q");
        Array.ForEach(keys, key => topology.Bind("q", HardName, key));
        await rabbit.DeclareAsync(topology.Build());

        ExchangeInfo exchange = await client.GetExchangeAsync(HardName);
        IReadOnlyList<ExchangeInfo> exchanges = await client.ListExchangesAsync();
        IReadOnlyList<BindingInfo> bindings = await client.ListBindingsAsync();

        Assert.Equal((HardName, "topic", true, false, "amq.fanout"), (exchange.Name, exchange.Type, exchange.IsDurable, exchange.IsAutoDelete, exchange.Arguments["alternate-exchange"].GetString()));
        Assert.Equal((await fixture.ListAsync("list_exchanges", "-p", virtualHost, "name")).Select(static row => row.GetProperty("name").GetString()).Order(StringComparer.Ordinal), exchanges.Select(static found => found.Name).Order(StringComparer.Ordinal));
        Assert.Equal(await BindingsOfCtlAsync(virtualHost), bindings.Select(static binding => $"{binding.Source}>{binding.Destination}:{binding.RoutingKey}").Order(StringComparer.Ordinal));

        IReadOnlyList<BindingInfo> ofExchange = await client.ListBindingsOfExchangeAsync(HardName);
        IReadOnlyList<BindingInfo> ofDefault = await client.ListBindingsOfExchangeAsync("");
        Assert.Equal(keys.Order(StringComparer.Ordinal), ofExchange.Select(static binding => binding.RoutingKey).Order(StringComparer.Ordinal));
        Assert.All(ofExchange, static binding => Assert.Equal((HardName, "q", "queue"), (binding.Source, binding.Destination, binding.DestinationType)));
        Assert.Equal(("", "q", "q"), (Assert.Single(ofDefault).Source, ofDefault[0].Destination, ofDefault[0].RoutingKey));

        foreach (BindingInfo binding in bindings.Where(static binding => binding.Source.Length > 0 && binding.RoutingKey is not "order.*"))
        {
            await client.DeleteBindingAsync(binding);
        }

        Assert.Equal([">q:q", $"{HardName}>q:order.*"], await BindingsOfCtlAsync(virtualHost));
        ManagementException used = await Assert.ThrowsAsync<ManagementException>(() => client.DeleteExchangeAsync(HardName, ifUnused: true));
        Assert.Equal(fixture.ConflictOfHardName, used.Failure);
        await client.DeleteExchangeAsync(HardName);
        await client.DeleteExchangeAsync("unused", ifUnused: true);
        Assert.DoesNotContain(await fixture.ListAsync("list_exchanges", "-p", virtualHost, "name"), static row => row.GetProperty("name").GetString() is HardName or "unused");
    }

    private async Task<string[]> BindingsOfCtlAsync(string virtualHost)
        => [.. (await fixture.ListAsync("list_bindings", "-p", virtualHost, "source_name", "destination_name", "routing_key"))
            .Select(static row => $"{row.GetProperty("source_name").GetString()}>{row.GetProperty("destination_name").GetString()}:{row.GetProperty("routing_key").GetString()}").Order(StringComparer.Ordinal)];

    private sealed class Acknowledging : IMessageHandler
    {
        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => ValueTask.FromResult(Settlement.Ack);
    }
}
