using System.Text.Json;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>What the keys of queues and consumers do to the declarations and subscriptions that the broker sees.</summary>
[Collection(ClusterGroup.Name)]
public sealed class QueueEffectTests(OpenStackCluster group)
{
    private static string Text(string keys) => $"[DEFAULT]\ntransport_url = rabbit://127.0.0.1:{OpenStackCluster.ProxyPort}//\n[oslo_messaging_rabbit]\n{keys}";

    [Fact, EffectOf("[oslo_messaging_rabbit] amqp_durable_queues", "[oslo_messaging_rabbit] amqp_auto_delete", "[oslo_messaging_rabbit] rabbit_ha_queues")]
    public async Task Durable_auto_delete_and_the_ha_argument_are_in_the_declaration()
    {
        _ = group.Cluster;
        await using OsloClient client = await new OsloClient(Text("amqp_durable_queues = false\namqp_auto_delete = true\nrabbit_ha_queues = true\n")).ConnectAsync();
        await using OsloClient durable = await new OsloClient(Text("rabbit_durable_queues = true\n")).ConnectAsync();

        await client.Client.DeclareAsync(new TopologyBuilder().Queue(client.Name).Exchange(client.Name, "topic").Queue(new QueueSpec { Name = client.Name + "-own", Durable = true, AutoDelete = false }).Build());
        await durable.Client.DeclareAsync(new TopologyBuilder().Queue(durable.Name).Build());

        JsonElement queue = await QueueAsync(client.Name);
        Assert.Equal((false, true), (queue.GetProperty("durable").GetBoolean(), queue.GetProperty("auto_delete").GetBoolean()));
        Assert.Equal("all", Argument(queue, "x-ha-policy").ToString());
        JsonElement own = await QueueAsync(client.Name + "-own");
        Assert.Equal((true, false), (own.GetProperty("durable").GetBoolean(), own.GetProperty("auto_delete").GetBoolean()));
        Assert.True((await QueueAsync(durable.Name)).GetProperty("durable").GetBoolean());
        JsonElement exchange = Assert.Single(await group.ListAsync("list_exchanges", "name", "durable", "auto_delete"), row => Is(row, "name", client.Name));
        Assert.Equal((false, true), (exchange.GetProperty("durable").GetBoolean(), exchange.GetProperty("auto_delete").GetBoolean()));
        await group.Cluster.DeleteQueueAsync(client.Name);
        await group.Cluster.DeleteQueueAsync(client.Name + "-own");
        await group.Cluster.DeleteQueueAsync(durable.Name);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] rabbit_quorum_queue", "[oslo_messaging_rabbit] rabbit_transient_quorum_queue", "[oslo_messaging_rabbit] rabbit_quorum_delivery_limit", "[oslo_messaging_rabbit] rabbit_quorum_max_memory_length", "[oslo_messaging_rabbit] rabbit_quorum_max_memory_bytes", "[oslo_messaging_rabbit] rabbit_transient_queues_ttl")]
    public async Task Quorum_queues_have_their_limits_and_transient_queues_their_expiry()
    {
        _ = group.Cluster;
        string keys = "rabbit_quorum_queue = true\nrabbit_quorum_delivery_limit = 7\nrabbit_quroum_max_memory_length = 8\nrabbit_quorum_max_memory_bytes = 9000\nrabbit_transient_queues_ttl = 3600\namqp_durable_queues = false\namqp_auto_delete = true\n";
        await using OsloClient client = await new OsloClient(Text(keys)).ConnectAsync();
        await using OsloClient transient = await new OsloClient(Text("rabbit_transient_quorum_queue = true\nrabbit_transient_queues_ttl = 60\n")).ConnectAsync();

        await client.Client.DeclareAsync(new TopologyBuilder().Queue(client.Name).Queue(new QueueSpec { Name = client.Name + "-reply", Durable = false }).Build());
        await transient.Client.DeclareAsync(new TopologyBuilder().Queue(new QueueSpec { Name = transient.Name, Durable = false }).Build());

        JsonElement queue = await QueueAsync(client.Name);
        Assert.Equal((true, false), (queue.GetProperty("durable").GetBoolean(), queue.GetProperty("auto_delete").GetBoolean()));
        Assert.Equal("quorum", Argument(queue, "x-queue-type").ToString());
        Assert.Equal((7, 8, 9000), (Argument(queue, "x-delivery-limit").GetInt32(), Argument(queue, "x-max-in-memory-length").GetInt32(), Argument(queue, "x-max-in-memory-bytes").GetInt32()));
        JsonElement reply = await QueueAsync(client.Name + "-reply");
        Assert.Equal((false, 3_600_000), (reply.GetProperty("durable").GetBoolean(), Argument(reply, "x-expires").GetInt32()));
        JsonElement fanout = await QueueAsync(transient.Name);
        Assert.Equal((true, "quorum", 60_000), (fanout.GetProperty("durable").GetBoolean(), Argument(fanout, "x-queue-type").ToString(), Argument(fanout, "x-expires").GetInt32()));
        await group.Cluster.DeleteQueueAsync(client.Name);
        await group.Cluster.DeleteQueueAsync(transient.Name);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] rabbit_qos_prefetch_count", "[oslo_messaging_rabbit] enable_cancel_on_failover")]
    public async Task Prefetch_and_cancel_on_failover_are_in_the_subscription()
    {
        _ = group.Cluster;
        await using OsloClient client = await new OsloClient(Text("rabbit_qos_prefetch_count = 17\nenable_cancel_on_failover = true\n")).ConnectAsync();
        await using OsloClient unlimited = await new OsloClient(Text("rabbit_qos_prefetch_count = 0\n")).ConnectAsync();
        await client.Client.DeclareAsync(new TopologyBuilder().Queue(client.Name).Queue(unlimited.Name).Build());
        await using ISubscription first = await client.Client.SubscribeAsync(client.Name, new OsloClient.Collector());
        await using ISubscription second = await unlimited.Client.SubscribeAsync(unlimited.Name, new OsloClient.Collector());

        IReadOnlyList<JsonElement> consumers = await group.ListAsync("list_consumers", "queue_name", "prefetch_count", "arguments");

        JsonElement consumer = Assert.Single(consumers, row => Is(row, "queue_name", client.Name));
        Assert.Equal(17, consumer.GetProperty("prefetch_count").GetInt32());
        Assert.True(Argument(consumer, "x-cancel-on-ha-failover").GetBoolean());
        JsonElement other = Assert.Single(consumers, row => Is(row, "queue_name", unlimited.Name));
        Assert.Equal(100, other.GetProperty("prefetch_count").GetInt32());
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] kombu_reconnect_delay")]
    public async Task A_cancelled_consumer_comes_back_after_the_pause_and_not_before()
    {
        _ = group.Cluster;
        await using OsloClient client = await new OsloClient(Text("kombu_reconnect_delay = 2\nkombu_reconnect_splay = 0.5\n")).ConnectAsync();
        await client.Client.DeclareAsync(new TopologyBuilder().Queue(client.Name).Build());
        await using ISubscription subscription = await client.Client.SubscribeAsync(client.Name, new OsloClient.Collector());
        long start = TimeProvider.System.GetTimestamp();

        await group.Cluster.DeleteQueueAsync(client.Name);
        await WaitForAsync(() => subscription.Status.State == SubscriptionState.Resubscribing);
        await WaitForAsync(() => subscription.Status.State == SubscriptionState.Consuming);

        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 1.95, 60);
        await group.Cluster.DeleteQueueAsync(client.Name);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] kombu_reconnect_splay")]
    public async Task The_splay_lets_consumers_come_back_one_after_another()
    {
        _ = group.Cluster;
        await using OsloClient client = await new OsloClient(Text("kombu_reconnect_delay = 1\nkombu_reconnect_splay = 6\n")).ConnectAsync();
        string[] queues = [.. Enumerable.Range(0, 8).Select(number => FormattableString.Invariant($"{client.Name}-{number}"))];
        var topology = new TopologyBuilder();
        Array.ForEach(queues, queue => topology.Queue(queue));
        await client.Client.DeclareAsync(topology.Build());
        ISubscription[] subscriptions = [.. await Task.WhenAll(queues.Select(queue => client.Client.SubscribeAsync(queue, new OsloClient.Collector())))];

        await Task.WhenAll(queues.Select(queue => group.Cluster.DeleteQueueAsync(queue)));
        TimeSpan[] back = await Task.WhenAll(subscriptions.Select(BackAsync));

        // Eight pauses of 1 to 7 seconds: that all lie within one second happens once in thirty thousand runs.
        Assert.True(back.Max() - back.Min() > TimeSpan.FromSeconds(1), $"They came back within {back.Max() - back.Min()}.");
        Assert.All(back, static pause => Assert.InRange(pause.TotalSeconds, 0.95, 60));
        foreach (ISubscription subscription in subscriptions)
        {
            await subscription.DisposeAsync();
        }

        await Task.WhenAll(queues.Select(queue => group.Cluster.DeleteQueueAsync(queue)));
    }

    // From its own cancellation on: the deletions take their time, too.
    private static async Task<TimeSpan> BackAsync(ISubscription subscription)
    {
        await WaitForAsync(() => subscription.Status.State == SubscriptionState.Resubscribing);
        long start = TimeProvider.System.GetTimestamp();
        await WaitForAsync(() => subscription.Status.State == SubscriptionState.Consuming);
        return TimeProvider.System.GetElapsedTime(start);
    }

    private static async Task WaitForAsync(Func<bool> isTrue)
    {
        using var deadline = new CancellationTokenSource(OsloClient.Limit);
        while (!isTrue())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }

    private async Task<JsonElement> QueueAsync(string name)
        => Assert.Single(await group.ListAsync("list_queues", "name", "durable", "auto_delete", "arguments"), row => Is(row, "name", name));

    private static bool Is(JsonElement row, string key, string value) => string.Equals(row.GetProperty(key).ToString(), value, StringComparison.Ordinal);

    // rabbitmqctl writes tables as objects or as lists of triples, by version.
    private static JsonElement Argument(JsonElement row, string key)
    {
        JsonElement arguments = row.GetProperty("arguments");
        return arguments.ValueKind == JsonValueKind.Object
            ? arguments.GetProperty(key)
            : arguments.EnumerateArray().First(triple => string.Equals(triple[0].ToString(), key, StringComparison.Ordinal))[2];
    }
}
