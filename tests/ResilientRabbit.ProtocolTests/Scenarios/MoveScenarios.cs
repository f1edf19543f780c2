using System.Collections.Concurrent;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Planned moves: back to a node that has returned, away from an endpoint that was removed.</summary>
public sealed class MoveScenarios
{
    [Fact, Scenario("29", "P6,P7,P13")]
    public async Task Connections_spread_again_over_a_node_that_is_back_and_nothing_is_sent_twice_or_out_of_order()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        using var log = new RecordingLog();
        await using RabbitClient client = NewClient(cluster.Endpoints, log, static options => options.FailBackDelay = TimeSpan.FromSeconds(1));
        await client.DeclareAsync(new TopologyBuilder().QuorumQueue(Bed.Queue).Build()).WaitAsync(Bed.Patience);
        await client.ConnectAsync().WaitAsync(Bed.Patience);

        // Ours, not the broker's view: what it has opened and we have not yet is no loss.
        await Bed.UntilAsync(
            () => client.Status.Connections is { Count: 3 } connections && connections.All(static connection => connection.State == ConnectionState.Connected) && cluster.Nodes.All(static node => node.Connections().Count == 1),
            "an open connection to each node");
        int lost = PublishingNode(cluster);
        await cluster.KillAsync(lost);
        await Bed.AllAsync(Bed.Publish(client, 10, first: 90_000));

        // The loss as well: until it is noticed everything seems to be connected.
        await Bed.UntilAsync(() => client.Status.State == ConnectionState.Connected && client.Status.Connections.Any(static connection => connection.Losses > 0), "all connections elsewhere");
        int losses = client.Status.Connections.Sum(static connection => connection.Losses);

        await cluster.RestartAsync(lost);
        List<Task<PublishReceipt>> publishing = [];
        await Bed.UntilAsync(
            () =>
            {
                publishing.AddRange(Bed.Publish(client, 10, first: publishing.Count));
                return cluster.Nodes[lost].Connections().Any(static connection => connection.Channels > 0);
            },
            "a lane on the node that is back");
        publishing.AddRange(Bed.Publish(client, 100, first: publishing.Count));
        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        Assert.All(receipts, static receipt => Assert.Equal((1, 0), (receipt.Attempts, receipt.Nacks)));
        string[] stored = [.. cluster.Nodes[lost].GetMessages(Bed.Queue).Select(static message => message.MessageId!).Where(static id => !id.StartsWith("m9", StringComparison.Ordinal))];
        Assert.Equal(receipts.Select(static receipt => receipt.MessageId), stored);
        Assert.Equal(losses, client.Status.Connections.Sum(static connection => connection.Losses));
        Assert.Equal(1, log.Count(1016));
        await Bed.UntilAsync(() => cluster.Nodes.Sum(static node => node.Connections().Count) == 3, "the old connection closed");
    }

    [Fact, Scenario("29", "P6,P22")]
    public async Task A_connection_to_a_removed_endpoint_is_left_without_a_message_sent_or_handled_twice()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);

        // Answers take their time: a lane that left at once would leave messages unanswered.
        bed.Line.SetRoundTrip(TimeSpan.FromMilliseconds(50));
        RabbitClient client = bed.NewClient();
        var handled = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            handled.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
            return Settlement.Ack;
        });
        List<Task<PublishReceipt>> publishing = [.. Bed.Publish(client, 100)];
        await Bed.AllAsync(publishing);
        publishing.AddRange(Bed.Publish(client, 100, first: 100));

        client.Reconfigure(Options($"{next.Host}:{next.Port}"));
        await Bed.UntilAsync(
            () =>
            {
                publishing.AddRange(Bed.Publish(client, 10, first: publishing.Count));
                return bed.Line.ConnectionCount == 0;
            },
            "the old endpoint left");
        publishing.AddRange(Bed.Publish(client, 10, first: publishing.Count));
        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        await Bed.UntilAsync(() => handled.Count == receipts.Length, "all messages handled");
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.All(handled, static one => Assert.Equal(1, one.Value));
        Assert.All(client.Status.Connections, connection => Assert.Equal((0, $"{next.Host}:{next.Port}"), (connection.Losses, connection.Endpoint)));
        Assert.Equal(2, next.ConnectionCount);
    }

    [Fact, Scenario("29", "P21,P22")]
    public async Task What_still_uses_a_removed_endpoint_after_the_limit_is_cut_off_and_done_again()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log, static options => options.MoveTimeout = TimeSpan.FromSeconds(1));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                if (message.Redelivered)
                {
                    again.TrySetResult();
                }
                else
                {
                    begun.TrySetResult();
                    release.Wait(Bed.Patience);
                }

                return Settlement.Ack;
            },
            static options => options.Concurrency = 2);
        await Bed.AllAsync(Bed.Publish(client, 1));
        await begun.Task.WaitAsync(Bed.Patience);

        client.Reconfigure(Options($"{next.Host}:{next.Port}"));
        await again.Task.WaitAsync(Bed.Patience);
        release.Set();

        Assert.Equal(1, log.Count(1017));
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the old endpoint left");
    }

    [Fact, Scenario("29", "P13")]
    public async Task A_removed_endpoint_is_used_until_a_new_one_answers()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        next.RefuseConnections();
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log);
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 3));

        client.Reconfigure(Options($"{next.Host}:{next.Port}"));
        await Bed.UntilAsync(() => log.Count(1002) > 0, "a refused attempt");
        PublishReceipt[] meanwhile = await Bed.AllAsync(Bed.Publish(client, 3, first: 3));
        next.AcceptConnections();
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the old endpoint left");
        PublishReceipt[] after = await Bed.AllAsync(Bed.Publish(client, 3, first: 6));

        Assert.All([.. before, .. meanwhile, .. after], static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        Assert.Equal(9, bed.Stored().Count);
    }

    /// <summary>A node with a publish connection.</summary>
    private static int PublishingNode(TestCluster cluster)
        => cluster.Nodes.ToList().FindIndex(static node => node.Connections().Any(static connection => connection.ClientProvidedName!.Contains(":publish", StringComparison.Ordinal)));

    private static ResilientRabbitOptions Options(string endpoint)
    {
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(endpoint);
        return options;
    }

    private static RabbitClient NewClient(IEnumerable<string> endpoints, RecordingLog log, Action<ResilientRabbitOptions> change)
    {
        var options = new ResilientRabbitOptions
        {
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
            ReconnectMaxDelay = TimeSpan.FromMilliseconds(200),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            ShutdownTimeout = TimeSpan.FromSeconds(2),
        };
        options.Publisher.DeliveryTimeout = Bed.Patience;
        foreach (string endpoint in endpoints)
        {
            options.Endpoints.Add(endpoint);
        }

        change(options);
        return new RabbitClient(options, log);
    }
}
