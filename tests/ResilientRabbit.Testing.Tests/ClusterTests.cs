using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

public sealed class ClusterTests
{
    [Fact]
    public async Task Confirmed_messages_of_a_mirrored_queue_survive_its_leader()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { MirroredQueues = "^ha" });
        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[0]);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "ha.q");
        await PlainDriver.PublishAsync(channel, "ha.q", "1");
        Assert.Same(cluster.Nodes[0], cluster.LeaderOf("ha.q"));

        await cluster.KillAsync(0);

        Assert.Same(cluster.Nodes[1], cluster.LeaderOf("ha.q"));
        await using IConnection other = await PlainDriver.ConnectAsync(cluster.Nodes[2]);
        await using IChannel next = await PlainDriver.ConfirmingAsync(other);
        await PlainDriver.PublishAsync(next, "ha.q", "2");
        Assert.Equal(["1", "2"], PlainDriver.Bodies(cluster.Nodes[2], "ha.q"));
        await cluster.RestartAsync(0);
        Assert.Equal(["rabbit@test-2", "rabbit@test-3", "rabbit@test-1"], cluster.Nodes[0].Queue("ha.q")!.Members);
    }

    [Fact]
    public async Task A_promotion_cancels_only_consumers_that_asked_for_it_and_delivers_again()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { MirroredQueues = "^ha" });
        await using (IConnection first = await PlainDriver.ConnectAsync(cluster.Nodes[0]))
        {
            await using IChannel declare = await first.CreateChannelAsync();
            await PlainDriver.DeclareAsync(declare, "ha.q");
        }

        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[1]);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        Recorder stays = new(channel);
        Recorder goes = new(channel);
        await channel.BasicConsumeAsync("ha.q", autoAck: false, stays);
        await channel.BasicConsumeAsync("ha.q", autoAck: false, "", noLocal: false, exclusive: false, new Dictionary<string, object?> { ["x-cancel-on-ha-failover"] = true }, goes);
        await PlainDriver.PublishAsync(channel, "ha.q", "m");
        await cluster.WaitForAsync(c => c.Nodes[1].Queue("ha.q") is { Unacked: 1 }, PlainDriver.Bound);

        await cluster.KillAsync(0);

        await goes.Cancelled.Task.WaitAsync(PlainDriver.Bound);
        await stays.Redelivered.Task.WaitAsync(PlainDriver.Bound);
        Assert.False(stays.Cancelled.Task.IsCompleted);
        await cluster.WaitForAsync(c => c.Nodes[1].Queue("ha.q") is { Unacked: 1, Consumers: 1 }, PlainDriver.Bound);
    }

    [Fact]
    public async Task A_quorum_queue_confirms_nothing_without_a_majority_and_everything_with_one()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { PauseMinority = false });
        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[0]);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "q", ("x-queue-type", "quorum"));
        await PlainDriver.PublishAsync(channel, "q", "1");
        await cluster.KillAsync(1);
        await PlainDriver.PublishAsync(channel, "q", "2");
        await cluster.KillAsync(2);

        Task third = PlainDriver.PublishAsync(channel, "q", "3").AsTask();
        await using IChannel reader = await connection.CreateChannelAsync();
        Task<BasicGetResult?> get = reader.BasicGetAsync("q", autoAck: true);
        await using (IChannel probe = await connection.CreateChannelAsync())
        {
            // A channel that answers: what came before it on the connection has been worked through.
            Assert.Equal(0u, (await probe.QueueDeclarePassiveAsync("q")).MessageCount);
        }

        Assert.False(third.IsCompleted);
        Assert.False(get.IsCompleted);

        await cluster.RestartAsync(1);
        await third.WaitAsync(PlainDriver.Bound);
        Assert.Equal("1", Encoding.UTF8.GetString((await get.WaitAsync(PlainDriver.Bound))!.Body.Span));
        Assert.Equal(["2", "3"], PlainDriver.Bodies(cluster.Nodes[0], "q"));
    }

    [Fact]
    public async Task A_classic_queue_whose_node_is_down_answers_404_and_comes_back_with_what_was_persistent()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await using (IConnection home = await PlainDriver.ConnectAsync(cluster.Nodes[0]))
        {
            await using IChannel declare = await PlainDriver.ConfirmingAsync(home);
            await PlainDriver.DeclareAsync(declare, "q");
            await PlainDriver.PublishAsync(declare, "q", "kept");
            await PlainDriver.PublishAsync(declare, "q", "lost", persistent: false);
        }

        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[1]);
        await using IChannel consuming = await connection.CreateChannelAsync();
        Recorder consumer = new(consuming);
        await consuming.BasicQosAsync(0, 1, global: false);
        await consuming.BasicConsumeAsync("q", autoAck: false, consumer);
        await cluster.KillAsync(0);

        await consumer.Cancelled.Task.WaitAsync(PlainDriver.Bound);
        await using IChannel asking = await connection.CreateChannelAsync();
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(() => asking.QueueDeclarePassiveAsync("q"));
        Assert.Equal("NOT_FOUND - home node 'rabbit@test-1' of durable queue 'q' in vhost '/' is down or inaccessible", exception.ShutdownReason!.ReplyText);
        await using IChannel publishing = await PlainDriver.ConfirmingAsync(connection);
        await Assert.ThrowsAsync<PublishException>(() => PlainDriver.PublishAsync(publishing, "q", "nacked").AsTask());

        await cluster.RestartAsync(0);
        await cluster.WaitForAsync(c => c.Nodes[0].Queue("q") is { IsAvailable: true, Messages: 1 }, PlainDriver.Bound);
        Assert.Equal(["kept"], PlainDriver.Bodies(cluster.Nodes[0], "q"));
    }

    [Fact]
    public async Task A_minority_closes_its_connections_and_listeners_until_the_partition_heals()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { MirroredQueues = ".*" });
        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[0]);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "q");
        await PlainDriver.PublishAsync(channel, "q", "1");
        TaskCompletionSource<ShutdownEventArgs> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, args) =>
        {
            closed.TrySetResult(args);
            return Task.CompletedTask;
        };

        await cluster.PartitionAsync([0], [1, 2]);

        Assert.Equal(320, (await closed.Task.WaitAsync(PlainDriver.Bound)).ReplyCode);
        Assert.False(cluster.Nodes[0].IsRunning);
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => PlainDriver.ConnectAsync(cluster.Nodes[0]));
        Assert.Same(cluster.Nodes[1], cluster.LeaderOf("q"));
        Assert.Equal(["1"], PlainDriver.Bodies(cluster.Nodes[1], "q"));

        await cluster.HealAsync();
        await using IConnection again = await PlainDriver.ConnectAsync(cluster.Nodes[0]);
        Assert.Same(cluster.Nodes[1], cluster.LeaderOf("q"));
    }

    [Fact]
    public async Task A_frozen_leader_is_replaced_and_its_clients_hear_nothing_until_it_thaws()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[0]);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "q", ("x-queue-type", "quorum"));

        await cluster.FreezeAsync(0);
        Task pending = PlainDriver.PublishAsync(channel, "q", "late").AsTask();
        Assert.Same(cluster.Nodes[1], cluster.LeaderOf("q"));
        await using IConnection other = await PlainDriver.ConnectAsync(cluster.Nodes[1]);
        await using IChannel next = await PlainDriver.ConfirmingAsync(other);
        await PlainDriver.PublishAsync(next, "q", "early");
        Assert.False(pending.IsCompleted);

        await cluster.ThawAsync(0);
        await pending.WaitAsync(PlainDriver.Bound);
        Assert.Equal(["early", "late"], PlainDriver.Bodies(cluster.Nodes[1], "q"));
    }

    [Fact]
    public async Task A_leader_can_be_moved()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await using IConnection connection = await PlainDriver.ConnectAsync(cluster.Nodes[2]);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "q", ("x-queue-type", "quorum"));
        Assert.Same(cluster.Nodes[2], cluster.LeaderOf("q"));

        await cluster.MoveLeaderAsync("q", 0);

        Assert.Same(cluster.Nodes[0], cluster.LeaderOf("q"));
    }

    private sealed class Recorder(IChannel channel) : AsyncDefaultBasicConsumer(channel)
    {
        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Redelivered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            Cancelled.TrySetResult();
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }

        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            if (redelivered)
            {
                Redelivered.TrySetResult();
            }

            return Task.CompletedTask;
        }
    }
}
