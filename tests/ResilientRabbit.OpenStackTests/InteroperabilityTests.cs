using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ResilientRabbit.Clusters;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>Debian's oslo.messaging at the other end of a mirrored cluster behind HAProxy, while a node is killed. Both ends read the same file.</summary>
[Collection(ClusterGroup.Name)]
public sealed class InteroperabilityTests(OpenStackCluster group)
{
    private const int Count = 120;
    private const string Queue = "notifications.info";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // amqp_durable_queues, because both ends must declare the same queue; a short heartbeat, because the default of oslo is a minute.
    private static readonly string Text =
        $"[DEFAULT]\ntransport_url = rabbit://guest:guest@127.0.0.1:{OpenStackCluster.ProxyPort}//\ncontrol_exchange = nova\n[oslo_messaging_rabbit]\namqp_durable_queues = true\nheartbeat_timeout_threshold = 6\nrabbit_retry_interval = 1\nrabbit_retry_backoff = 1\n[oslo_messaging_notifications]\ndriver = messagingv2\ntopics = notifications\n";

    [Fact, EffectOf("[DEFAULT] control_exchange", "[oslo_messaging_notifications] topics")]
    public async Task Notifications_of_OpenStack_are_handled_while_a_node_is_killed()
    {
        LocalCluster cluster = Require();
        await using OsloClient client = await StartAsync();
        var handler = new Numbers();
        await using ISubscription subscription = await client.Client.SubscribeAsync(Queue, handler);
        using Process notifier = Python.Start("oslo_notify.py", client.File, "1", Count.ToString(CultureInfo.InvariantCulture), "0.05");
        Task<string> errors = notifier.StandardError.ReadToEndAsync();

        await handler.WaitForAsync(Count / 4);
        IRabbitNode leader = await cluster.GetQueueLeaderAsync(Queue);
        await leader.KillAsync();
        await notifier.WaitForExitAsync().WaitAsync(Limit);

        Assert.True(notifier.ExitCode == 0, await errors);
        await handler.WaitForAsync(Count);
        Assert.Equal(Enumerable.Range(1, Count), handler.Seen.Order());
        Assert.Equal(("compute.host1", "compute.instance.create.end", "INFO", "instance é"), handler.Example);
        await cluster.RepairAsync();
    }

    [Fact, EffectOf("[DEFAULT] control_exchange", "[oslo_messaging_notifications] topics")]
    public async Task Notifications_of_ours_reach_OpenStack_while_a_node_is_killed()
    {
        LocalCluster cluster = Require();
        await using OsloClient client = await StartAsync();
        using Process listener = Python.Start("oslo_listen.py", client.File);
        _ = listener.StandardError.ReadToEndAsync();
        try
        {
            Assert.Equal("listening", await listener.StandardOutput.ReadLineAsync().WaitAsync(Limit));
            List<Task<PublishReceipt>> publishing = [.. Enumerable.Range(1, Count).Select(number => PublishAsync(client, number))];
            await publishing[Count / 4].WaitAsync(Limit);
            await (await cluster.GetQueueLeaderAsync(Queue)).KillAsync();
            publishing.AddRange(Enumerable.Range(Count + 1, Count).Select(number => PublishAsync(client, number)));
            await Task.WhenAll(publishing).WaitAsync(Limit);

            HashSet<int> seen = [];
            while (seen.Count < 2 * Count && await listener.StandardOutput.ReadLineAsync().WaitAsync(Limit) is { } line)
            {
                string[] parts = line.Split(' ');
                Assert.Equal(("got", "ours.host", "thing.done"), (parts[0], parts[2], parts[3]));
                seen.Add(int.Parse(parts[1], CultureInfo.InvariantCulture));
            }

            Assert.Equal(Enumerable.Range(1, 2 * Count), seen.Order());
        }
        finally
        {
            listener.Kill();
            await cluster.RepairAsync();
        }
    }

    private LocalCluster Require()
    {
        Prerequisite.Require(Python.MissingPrerequisite);
        return group.Cluster;
    }

    private async Task<OsloClient> StartAsync()
    {
        // What another test has left.
        await group.Cluster.DeleteQueueAsync(Queue);
        OsloClient client = await new OsloClient(Text).ConnectAsync();
        string exchange = client.Configuration.ControlExchange;
        string topic = Assert.Single(client.Configuration.NotificationTopics);
        Assert.Equal(Queue, topic + ".info");
        await client.Client.DeclareAsync(new TopologyBuilder().Exchange(exchange, "topic").Queue(Queue).Bind(Queue, exchange, Queue).Build());
        return client;
    }

    private static Task<PublishReceipt> PublishAsync(OsloClient client, int number)
    {
        var notification = new OsloNotification
        {
            MessageId = Guid.NewGuid().ToString(),
            PublisherId = "ours.host",
            EventType = "thing.done",
            Timestamp = "2026-11-22 05:00:00.000000",
            Payload = JsonSerializer.SerializeToElement(new { number }),
        };
        var properties = new MessageProperties { ContentType = OsloNotification.ContentType, ContentEncoding = "utf-8" };
        return client.Client.Publisher.PublishAsync(client.Configuration.ControlExchange, Queue, notification.ToBody(), properties).AsTask();
    }

    private sealed class Numbers : IMessageHandler
    {
        private readonly ConcurrentDictionary<int, bool> _seen = new();
        private readonly SemaphoreSlim _news = new(0);

        public ICollection<int> Seen => _seen.Keys;

        public (string Publisher, string Event, string Priority, string Name) Example { get; private set; }

        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            if (!OsloNotification.TryRead(message.Body, out OsloNotification? notification))
            {
                return ValueTask.FromResult(Settlement.DeadLetter);
            }

            _seen[notification!.Payload.GetProperty("number").GetInt32()] = true;
            Example = (notification.PublisherId, notification.EventType, notification.Priority, notification.Payload.GetProperty("name").GetString()!);
            _news.Release();
            return ValueTask.FromResult(Settlement.Ack);
        }

        public async Task WaitForAsync(int count)
        {
            using var deadline = new CancellationTokenSource(Limit);
            while (_seen.Count < count)
            {
                await _news.WaitAsync(deadline.Token);
            }
        }
    }
}
