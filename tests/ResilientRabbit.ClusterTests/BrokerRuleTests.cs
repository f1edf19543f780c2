using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>What the broker does that the harness of the other tests allows for.</summary>
public sealed class BrokerRuleTests
{
    [Fact(Explicit = true)]
    public async Task A_fanout_exchange_passes_by_a_classic_queue_whose_node_is_down_and_the_broker_confirms()
    {
        Assert.SkipWhen(LocalCluster.MissingPrerequisite() is { }, LocalCluster.MissingPrerequisite() ?? "");
        await using LocalCluster cluster = await LocalCluster.StartAsync(new ClusterOptions { NodeCount = 2, Mirrored = false, PartitionHandling = "ignore" });
        await using (IConnection there = await ConnectAsync(cluster, 1))
        {
            await DeclareAsync(there, "there");
        }

        await using IConnection here = await ConnectAsync(cluster, 0);
        await DeclareAsync(here, "here");
        await cluster.Nodes[1].StopAsync();

        await using IChannel channel = await here.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));

        // Throws for a nack and for a return.
        await channel.BasicPublishAsync("both", "", mandatory: true, new BasicProperties { Persistent = true }, Encoding.UTF8.GetBytes("confirmed"));

        await cluster.Nodes[1].StartAsync();
        await cluster.WaitUntilHealthyAsync();
        Assert.Equal((1, 0), (await cluster.GetMessageCountAsync("here"), await cluster.GetMessageCountAsync("there")));
    }

    private static Task<IConnection> ConnectAsync(LocalCluster cluster, int node)
        => new ConnectionFactory { HostName = cluster.Nodes[node].Address.Host, Port = cluster.Nodes[node].Address.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();

    private static async Task DeclareAsync(IConnection connection, string queue)
    {
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("both", "fanout", durable: true);
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(queue, "both", "");
    }
}
