using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>The queues for retries and parking belong to the subscriptions that need them: nobody else brings back what an operator has deleted.</summary>
public sealed class LeftQueuesTests
{
    private const string Retry = Bed.Queue + ".retry.5000";
    private const string Parking = Bed.Queue + ".dead-letter";
    private const string Marker = "declared behind them";

    [Fact]
    public async Task The_queues_of_a_subscription_that_has_ended_are_declared_no_more()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        ISubscription subscription = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        await DeclareMarkerAsync(client);
        await subscription.StopAsync().WaitAsync(Bed.Patience);

        await DeleteAndReconnectAsync(bed);

        Assert.True(bed.Broker.Queue(Retry) is null && bed.Broker.Queue(Parking) is null);
    }

    [Fact]
    public async Task The_queues_stay_while_another_subscription_needs_them()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        ISubscription one = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        await using ISubscription other = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        await DeclareMarkerAsync(client);
        await one.StopAsync().WaitAsync(Bed.Patience);

        await DeleteAndReconnectAsync(bed);

        Assert.True(bed.Broker.Queue(Retry) is not null && bed.Broker.Queue(Parking) is not null);
    }

    [Fact]
    public async Task A_queue_that_the_application_declares_itself_outlives_the_subscription()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        ISubscription subscription = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        await client.DeclareAsync(new TopologyBuilder().Queue(Parking).Build()).WaitAsync(Bed.Patience);
        await DeclareMarkerAsync(client);
        await subscription.StopAsync().WaitAsync(Bed.Patience);

        await DeleteAndReconnectAsync(bed);

        Assert.Equal((true, true), (bed.Broker.Queue(Retry) is null, bed.Broker.Queue(Parking) is not null));
    }

    // One pass declares in the order of registration: what comes back at all is there before the marker.
    private static Task DeclareMarkerAsync(RabbitClient client) => client.DeclareAsync(new TopologyBuilder().Queue(Marker).Build()).WaitAsync(Bed.Patience);

    private static async Task DeleteAndReconnectAsync(Bed bed)
    {
        await using (IConnection connection = await bed.ConnectPlainAsync())
        {
            await using IChannel channel = await connection.CreateChannelAsync();
            foreach (string queue in new[] { Retry, Parking, Marker })
            {
                await channel.QueueDeleteAsync(queue);
            }
        }

        bed.Line.ResetConnections();
        await bed.Broker.WaitForAsync(static broker => broker.Queue(Marker) is not null, Bed.Patience);
    }
}
