using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ResilientRabbit.Clusters;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>What is built on the calls: topology with policies, the drift report, the names of nodes, health.</summary>
[Collection(ManagementGroup.Name)]
public sealed class DriftTests(ManagementFixture fixture)
{
    private static readonly ReplicatedTopology Shop = new ReplicatedTopologyBuilder()
        .Topology(static plain => plain
            .Exchange("shop", "topic").ClassicQueue("log").QuorumQueue("audit", deliveryLimit: 5).Queue("lost")
            .Bind("orders.eu", "shop", "order.*").Bind("audit", "shop", "#").Bind("log", "shop", "log", new Dictionary<string, object?> { ["x"] = 1 }))
        .ReplicatedQueue("orders.eu", new Dictionary<string, object?> { ["x-max-length"] = 1000 })
        .Policy(new PolicySpec { Name = "lengths", Pattern = "^log$", ApplyTo = PolicyScope.Queues, Definition = new Dictionary<string, object?> { ["max-length"] = 1000 } })
        .Build();

    [Fact]
    public async Task Declared_together_a_replicated_queue_is_mirrored_and_changes_by_hand_are_all_named_and_stay()
    {
        fixture.SkipWithoutMirroring();
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        IRabbitNode node = fixture.Cluster.Nodes[0];

        ResolvedTopology resolved = await client.ApplyAsync(rabbit, Shop);
        Assert.Equal((Replication.Mirroring, fixture.Cluster.Version), (resolved.Replication, resolved.RabbitVersion));
        await ManagementFixture.EventuallyAsync(() => client.GetQueueAsync("orders.eu"), static queue => queue is { Mirrors.Count: 1, UnsynchronisedMirrors.Count: 0 }, "not mirrored");
        JsonElement told = (await fixture.ListAsync("list_queues", "-p", virtualHost, "name", "policy", "type")).Single(static row => row.GetProperty("name").ValueEquals("orders.eu"));
        Assert.Equal(("mirror:orders.eu", "classic"), (told.GetProperty("policy").GetString(), told.GetProperty("type").GetString()));
        DriftReport fresh = await client.FindDriftAsync(Shop);
        Assert.True(fresh.IsInSync, fresh.ToString());
        Assert.Equal(virtualHost, fresh.VirtualHost);

        // By hand, behind its back.
        await node.RunCtlAsync("clear_policy", "-p", virtualHost, "mirror:orders.eu");
        await node.RunCtlAsync("set_policy", "-p", virtualHost, "lengths", "^log$", "{\"max-length\":999}", "--apply-to", "queues");
        await node.RunCtlAsync("delete_queue", "-p", virtualHost, "audit");
        await node.RunCtlAsync("delete_queue", "-p", virtualHost, "lost");
        await node.RunCtlAsync("delete_queue", "-p", virtualHost, "log");
        await using (RabbitClient hand = fixture.NewRabbitClient(virtualHost))
        {
            await hand.DeclareAsync(new TopologyBuilder().ClassicQueue("audit").Queue(new QueueSpec { Name = "log", Type = QueueType.Classic, MessageTtl = TimeSpan.FromSeconds(9) }).Bind("audit", "shop", "#").Build());
        }

        await client.DeleteBindingAsync((await client.ListBindingsAsync()).Single(static binding => binding is { Source: "shop", Destination: "orders.eu" }));
        string before = await DefinitionsOfCtlAsync(virtualHost);

        DriftReport report = await client.FindDriftAsync(Shop);

        Assert.Equal(
            [
                "queue 'log': OtherArguments, declared none, found x-message-ttl=9000",
                "queue 'audit': OtherType, declared quorum, found classic",
                "queue 'audit': OtherArguments, declared x-delivery-limit=5, found none",
                "queue 'lost': Missing",
                "binding of queue 'orders.eu' to exchange 'shop' with the key 'order.*': Missing",
                "binding of queue 'log' to exchange 'shop' with the key 'log': Missing",
                """policy 'lengths': PolicyChanged, declared ^log$ on queues, priority 0, {"max-length":1000}, found ^log$ on queues, priority 0, {"max-length":999}""",
                """policy 'mirror:orders.eu': PolicyMissing, declared ^orders\.eu$ on queues, priority 10, {"ha-mode":"all","ha-promote-on-failure":"when-synced","ha-promote-on-shutdown":"when-synced","ha-sync-mode":"automatic"}""",
            ],
            report.Entries.Select(static entry => entry.ToString()));
        Assert.Equal(before, await DefinitionsOfCtlAsync(virtualHost));
    }

    [Fact]
    public async Task A_policy_of_a_higher_priority_is_named()
    {
        fixture.SkipWithoutMirroring();
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        ReplicatedTopology topology = new ReplicatedTopologyBuilder().ReplicatedQueue("orders").Build();
        await client.ApplyAsync(rabbit, topology);
        await fixture.Cluster.Nodes[0].RunCtlAsync("set_policy", "-p", virtualHost, "mine", ".*", "{\"max-length\":9}", "--priority", "99");

        DriftReport report = await ManagementFixture.EventuallyAsync(() => client.FindDriftAsync(topology), static found => !found.IsInSync, "the other policy does not show");

        Assert.Equal(["queue 'orders': PolicyNotInEffect, declared mirror:orders, found mine"], report.Entries.Select(static entry => entry.ToString()));
    }

    [Fact]
    public async Task Nodes_behind_connections_have_their_names()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        IRabbitNode node = fixture.Cluster.Nodes[1];
        await using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbit(options =>
            {
                options.Endpoints.Add(node.Address.ToString());
                options.VirtualHost = virtualHost;
            })
            .AddManagement(options => options.Addresses.Add(fixture.AddressOf(fixture.Cluster.Nodes[0])))
            .Services.BuildServiceProvider();
        IRabbitClient rabbit = provider.GetRequiredService<IRabbitClient>();

        await rabbit.ConnectAsync();

        IReadOnlyList<ConnectionStatus> connections = await ManagementFixture.EventuallyAsync(
            () => Task.FromResult(rabbit.Status.Connections), static all => all.All(static connection => connection.NodeName is not null), "a connection has no node");
        Assert.All(connections, connection => Assert.Equal(node.Name, connection.NodeName));
    }

    [Fact]
    public async Task Mirrors_that_lack_messages_and_queues_that_nobody_consumes_are_reasons()
    {
        fixture.SkipWithoutMirroring();
        string virtualHost = await fixture.NewVirtualHostAsync();
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        await rabbit.DeclareAsync(new TopologyBuilder().ClassicQueue("orders").Build());
        await rabbit.Publisher.PublishAsync("", "orders", "1"u8.ToArray());
        await using ServiceProvider provider = NewHealth(virtualHost);

        HealthReportEntry idle = await ManagementFixture.EventuallyAsync(() => CheckAsync(provider), static entry => entry.Data["reasons"] is not "", "no reason");
        await fixture.Cluster.Nodes[0].RunCtlAsync("set_policy", "-p", virtualHost, "HA", "^orders$", "{\"ha-mode\":\"all\",\"ha-sync-mode\":\"manual\"}");
        HealthReportEntry lacking = await ManagementFixture.EventuallyAsync(() => CheckAsync(provider), static entry => entry.Data["reason"] is "unsynchronised-mirrors", "no reason");
        await fixture.Cluster.Nodes[0].RunCtlAsync("sync_queue", "-p", virtualHost, "orders");
        await using ISubscription subscription = await rabbit.SubscribeAsync("orders", new Waiting());
        HealthReportEntry fine = await ManagementFixture.EventuallyAsync(() => CheckAsync(provider), static entry => entry.Status == HealthStatus.Healthy, "still a reason");

        Assert.Equal((HealthStatus.Degraded, "queue-without-consumers"), (idle.Status, idle.Data["reasons"]));
        Assert.Equal((HealthStatus.Degraded, "unsynchronised-mirrors, queue-without-consumers"), (lacking.Status, lacking.Data["reasons"]));
        Assert.Equal("The cluster is as it should be.", fine.Description);
    }

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider provider)
        => (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["resilient-rabbit-management"];

    private ServiceProvider NewHealth(string virtualHost)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddResilientRabbitManagement(options =>
        {
            options.Addresses.Add(fixture.AddressOf(fixture.Cluster.Nodes[0]));
            options.VirtualHost = virtualHost;
        });
        services.AddHealthChecks().AddResilientRabbitManagement(configure: static options => options.QueuesWithConsumers.Add("orders"));
        return services.BuildServiceProvider();
    }

    // All that is declared in a virtual host, as rabbitmqctl knows it.
    private async Task<string> DefinitionsOfCtlAsync(string virtualHost)
    {
        string file = Path.GetTempFileName();
        await fixture.Cluster.Nodes[0].RunCtlAsync("export_definitions", file);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        File.Delete(file);
        var text = new StringBuilder();
        foreach (JsonProperty kind in document.RootElement.EnumerateObject().Where(static property => property.Value.ValueKind == JsonValueKind.Array).OrderBy(static property => property.Name, StringComparer.Ordinal))
        {
            IEnumerable<string> rows = kind.Value.EnumerateArray().Where(row => row.TryGetProperty("vhost", out JsonElement host) && host.ValueEquals(virtualHost)).Select(static row => row.GetRawText()).Order(StringComparer.Ordinal);
            text.Append(kind.Name).Append('\n').AppendJoin('\n', rows).Append('\n');
        }

        Assert.Contains("shop", text.ToString(), StringComparison.Ordinal);
        return text.ToString();
    }

    private sealed class Waiting : IMessageHandler
    {
        public async ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Settlement.Ack;
        }
    }
}
