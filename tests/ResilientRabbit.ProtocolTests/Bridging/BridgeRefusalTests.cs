using System.Text;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Bridging;

/// <summary>Messages that the far side does not take, or that come back.</summary>
public sealed class BridgeRefusalTests
{
    private const string Parking = "q.dead-letter";

    [Theory]
    [InlineData("", "nowhere", "reached no queue")]
    [InlineData("no-such-exchange", "q", "no exchange")]
    public async Task A_message_that_the_far_side_will_not_take_is_parked_with_the_reason(string exchange, string routingKey, string reason)
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.NearClient.DeclareAsync(new TopologyBuilder().Exchange("no-such-exchange", "direct").Build());
        await bed.FillAsync(5);
        MessageBridge bridge = await bed.BridgeAsync(options => (options.Exchange, options.RoutingKey) = (exchange, routingKey));

        await Bed.UntilAsync(() => bed.Near.Broker.Queue(Parking) is { Messages: 5 }, "the parked messages");
        await bed.EmptyAsync();

        Assert.Equal([.. Enumerable.Range(0, 5).Select(Bed.Id)], bed.Near.Stored(Parking).Order(StringComparer.Ordinal));
        Assert.All(bed.Near.Broker.GetMessages(Parking), message => Assert.Contains(reason, TextOf(message, "x-dead-letter-reason"), StringComparison.Ordinal));
        Assert.Equal((0, 5, 0), (bridge.Status.Forwarded, bridge.Status.Refused, bridge.Status.Requeued));
        Assert.Empty(bed.Far.Stored());
    }

    [Fact]
    public async Task A_message_that_is_too_large_for_the_far_client_is_parked_and_its_neighbours_pass()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        RabbitClient far = bed.Far.NewClient(static options => options.Publisher.MaxMessageSize = 100);
        await bed.FillAsync(2);
        await bed.NearClient.Publisher.PublishAsync("", Bed.Queue, new byte[101], new MessageProperties { MessageId = "large" });
        await bed.FillAsync(2, first: 2);
        await bed.BridgeAsync(bed.NearClient, far);
        await bed.EmptyAsync();

        Assert.Equal([.. Enumerable.Range(0, 4).Select(Bed.Id)], bed.Far.Stored());
        Assert.Equal(["large"], bed.Near.Stored(Parking));
    }

    [Fact]
    public async Task A_refused_message_that_is_retried_arrives_at_its_own_address_once_there_is_a_queue()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.Near.DeclareAsync("orders");
        await bed.NearClient.Publisher.PublishAsync(
            "", "orders", "body"u8.ToArray(), new MessageProperties { MessageId = "one", Expiration = TimeSpan.FromHours(1) });
        MessageBridge bridge = await bed.BridgeAsync(static options =>
        {
            (options.Queue, options.Exchange, options.RoutingKey) = ("orders", null, null);
            (options.OnRefused, options.RetryDelay, options.RetryLimit) = (BridgeRefusal.Retry, TimeSpan.FromMilliseconds(50), 1000);
        });
        await Bed.UntilAsync(() => bridge.Status.Refused >= 2, "two refusals");

        await bed.Far.DeclareAsync("orders");
        (string? id, MessageProperties properties, string routingKey) = Assert.Single(await bed.TakeAsync(1, queue: "orders"));

        Assert.Equal(("one", "orders", TimeSpan.FromHours(1)), (id, routingKey, properties.Expiration));
        Assert.Equal(["x-bridged-by", "x-publish-id"], properties.Headers.Keys.Order(StringComparer.Ordinal));
        await Bed.UntilAsync(() => bed.Near.Broker.Queue("orders") is { Messages: 0 }, "the ack");
        Assert.Equal(1, bridge.Status.Forwarded);
    }

    [Fact]
    public async Task A_rewrite_changes_the_copy_and_one_that_throws_parks_the_message()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.FillAsync(2);
        await bed.BridgeAsync(static options => options.Rewrite = static (message, properties) =>
        {
            if (string.Equals(message.MessageId, Bed.Id(1), StringComparison.Ordinal))
            {
                throw new FormatException("not this one");
            }

            properties.Headers["site"] = "near";
            properties.Headers["x-bridged-by"] = "somebody else";
        });
        await bed.EmptyAsync();

        BrokerMessage stored = Assert.Single(bed.Far.Broker.GetMessages(Bed.Queue));
        Assert.Equal("near", TextOf(stored, "site"));
        Assert.IsType<List<object?>>(stored.Headers!["x-bridged-by"]);
        Assert.Contains("not this one", TextOf(Assert.Single(bed.Near.Broker.GetMessages(Parking)), "x-dead-letter-reason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, BridgeLoop.Drop)]
    [InlineData(null, BridgeLoop.Park)]
    [InlineData(1, BridgeLoop.Drop)]
    public async Task A_message_that_comes_back_does_not_go_round(int? maxHops, BridgeLoop onLoop)
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.FillAsync(10);
        MessageBridge there = await bed.BridgeAsync(Configure("there"));
        MessageBridge back = await bed.BridgeAsync(bed.FarClient, bed.NearClient, Configure("back"));

        // Without a limit of hops the first bridge recognises its own; with one hop the second does not send back at all.
        (MessageBridge stopper, Bed place) = maxHops is null ? (there, bed.Near) : (back, bed.Far);
        await Bed.UntilAsync(() => stopper.Status.Loops == 10, "ten loops");
        await bed.EmptyAsync();
        await Bed.UntilAsync(() => bed.Far.Broker.Queue(Bed.Queue) is { Messages: 0 }, "an empty far queue");

        Assert.Equal(10, there.Status.Forwarded);
        Assert.Equal(maxHops is null ? 10 : 0, back.Status.Forwarded);
        Assert.Equal(onLoop == BridgeLoop.Park ? 10 : 0, place.Broker.Queue(Parking)!.Messages);

        Action<MessageBridgeOptions> Configure(string name) => options => (options.Name, options.MaxHops, options.OnLoop) = (name, maxHops, onLoop);
    }

    [Fact]
    public async Task A_delivery_limit_gives_the_messages_back_and_none_is_lost()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.Far.Broker.KillAsync();
        await bed.FillAsync(10);
        MessageBridge bridge = await bed.BridgeAsync(static options => options.DeliveryTimeout = TimeSpan.FromMilliseconds(50));
        await Bed.UntilAsync(() => bridge.Status.Requeued >= 10, "messages given back");
        Assert.Equal(10, bed.Unsettled());

        await bed.Far.Broker.RestartAsync();
        await bed.EmptyAsync();
        Assert.Equal([.. Enumerable.Range(0, 10).Select(Bed.Id)], bed.Far.Stored().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    private static string TextOf(BrokerMessage message, string header) => message.Headers![header] is byte[] bytes ? Encoding.UTF8.GetString(bytes) : (string)message.Headers[header]!;
}
