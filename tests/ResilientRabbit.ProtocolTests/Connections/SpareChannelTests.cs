using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>The channels of lanes are opened together with their connection.</summary>
public sealed class SpareChannelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_connection_opens_one_channel_for_each_of_its_lanes_and_none_besides(int lanes)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(options => options.Publisher.Lanes = lanes);
        PublishReceipt[] before = await Bed.AllAsync(Keyed(client, 0));

        bed.Line.ResetConnections();
        PublishReceipt[] after = await Bed.AllAsync(Keyed(client, 100));

        bed.AssertHonest([.. before, .. after]);
        Assert.Equal(2, bed.Line.AcceptedCount);
        Assert.All(bed.Journal.Entries.GroupBy(static entry => entry.Connection), connection =>
        {
            Assert.Equal(lanes, connection.Count(static entry => entry.Method == AmqpMethod.ChannelOpen));
            Assert.DoesNotContain(connection, static entry => entry.Method == AmqpMethod.ChannelClose);
        });
    }

    [Fact]
    public async Task Channels_that_no_lane_has_taken_do_not_hold_up_the_end_of_a_connection_that_is_left()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);

        // Three lanes on two connections: the second one has a channel too many.
        RabbitClient client = bed.NewClient(static options => (options.Publisher.Connections, options.Publisher.Lanes, options.MoveTimeout) = (2, 3, TimeSpan.FromHours(1)));
        await client.ConnectAsync().WaitAsync(Bed.Patience);

        // A lane whose home comes a moment later than the other connection begins there, on a channel of its own: there may be more than four.
        await Bed.UntilAsync(() => bed.Journal.Entries.Where(static entry => entry.Method == AmqpMethod.ConfirmSelectOk).GroupBy(static entry => entry.Connection).Count(static connection => connection.Count() >= 2) == 2, "two channels on each connection");
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add($"{next.Host}:{next.Port}");

        client.Reconfigure(options);

        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the old endpoint left");
        Assert.All(await Bed.AllAsync(Bed.Publish(client, 3)), static receipt => Assert.Equal(1, receipt.Attempts));
    }

    [Fact]
    public async Task A_spare_channel_that_could_not_be_opened_costs_no_message()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle closed = bed.Faults.FromClient(AmqpMethod.ConfirmSelect).OnChannel(2).Nth(1).Instead().CloseChannel(541, "INTERNAL_ERROR - a drill");
        RabbitClient client = bed.NewClient(static options => options.Publisher.Lanes = 3);

        PublishReceipt[] receipts = await Bed.AllAsync(Keyed(client, 0));

        Assert.Equal((1, 1), (closed.Fired, bed.Line.AcceptedCount));
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
    }

    private static IEnumerable<Task<PublishReceipt>> Keyed(RabbitClient client, int first) => Enumerable.Range(first, 20).Select(number => client.Publisher.PublishAsync(new OutboundMessage
    {
        Exchange = "",
        RoutingKey = Bed.Queue,
        Body = "x"u8.ToArray(),
        OrderingKey = Bed.Id(number),
        Properties = new MessageProperties { MessageId = Bed.Id(number) },
    }).AsTask());
}
