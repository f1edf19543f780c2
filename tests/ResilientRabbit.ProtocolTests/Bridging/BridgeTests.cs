using System.Text;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Bridging;

/// <summary>What a bridge carries, how much it holds, and what becomes of it when either side goes.</summary>
public sealed class BridgeTests
{
    [Fact]
    public async Task Messages_arrive_in_order_with_ids_properties_and_headers_as_they_were()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        var sent = new MessageProperties
        {
            MessageId = "m00300",
            CorrelationId = "c",
            ContentType = "text/plain",
            ContentEncoding = "utf-8",
            ReplyTo = "r",
            Type = "t",
            AppId = "a",
            UserId = "guest",
            Expiration = TimeSpan.FromHours(1),
            Priority = 3,
            Timestamp = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
            Persistent = false,
        };
        sent.Headers["text"] = "grüße";
        sent.Headers["number"] = 42;
        sent.Headers["CC"] = new List<object?> { "elsewhere" };
        await bed.FillAsync(300);
        await bed.NearClient.Publisher.PublishAsync("", Bed.Queue, "last"u8.ToArray(), sent);

        MessageBridge bridge = await bed.BridgeAsync();
        await bed.EmptyAsync();

        Assert.Equal([.. Enumerable.Range(0, 301).Select(Bed.Id)], bed.Far.Stored());
        Assert.Equal("body of m00007", Encoding.UTF8.GetString(bed.Far.Broker.GetMessages(Bed.Queue)[7].Body.Span));
        MessageProperties got = (await bed.TakeAsync(301))[300].Properties;
        Assert.Equal(
            (sent.MessageId, sent.CorrelationId, sent.ContentType, sent.ContentEncoding, sent.ReplyTo, sent.Type, sent.AppId),
            (got.MessageId, got.CorrelationId, got.ContentType, got.ContentEncoding, got.ReplyTo, got.Type, got.AppId));
        Assert.Equal((sent.Expiration, sent.Priority, sent.Timestamp, sent.Persistent), (got.Expiration, got.Priority, got.Timestamp, got.Persistent));
        Assert.Equal(["number", "text", "x-bridged-by", "x-original-cc", "x-original-user-id", "x-publish-id"], got.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["near-far"], HopsOf(got));
        Assert.Null(got.UserId);
        await Bed.UntilAsync(() => bridge.Status is { Forwarded: 301, InFlight: 0, InFlightBytes: 0, Redelivered: 0 }, "the counts");
        Assert.True(bridge.Status.Lag > TimeSpan.FromDays(100), $"{bridge.Status}");
    }

    [Fact]
    public async Task A_full_window_is_in_flight_at_once_and_nothing_is_acknowledged_before_the_confirm()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        FaultHandle silent = bed.Far.Faults.FromBroker(AmqpMethod.BasicAck).Always().Drop();
        await bed.FillAsync(500);
        MessageBridge bridge = await bed.BridgeAsync(static options => options.Prefetch = 100);

        // The far broker has a hundred, and says nothing; the source broker has them all and delivers no more.
        await Bed.UntilAsync(() => bed.Far.Stored().Count == 100, "a window of messages");
        Assert.Equal((100, 500), (bridge.Status.InFlight, bed.Unsettled()));
        Assert.Equal(0, bridge.Status.Forwarded);
        Assert.Equal(100, bed.Near.Broker.Queue(Bed.Queue)!.Unacked);
        Assert.DoesNotContain(bed.Near.Journal.Entries, static entry => entry is { Method: AmqpMethod.BasicAck, Direction: FrameDirection.FromClient });

        bed.ResumeConfirms(silent);
        await bed.EmptyAsync();
        Assert.Equal(500, bed.Far.Stored().Distinct(StringComparer.Ordinal).Count());
        Assert.All(Repeated(bed.Far), static message => Assert.Contains("x-publish-attempt", message.Headers!.Keys));
    }

    [Fact]
    public async Task Bytes_with_the_far_side_stay_within_the_window()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        FaultHandle silent = bed.Far.Faults.FromBroker(AmqpMethod.BasicAck).Always().Drop();
        byte[] body = new byte[10_000];
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => bed.NearClient.Publisher.PublishAsync("", Bed.Queue, body).AsTask())).WaitAsync(Bed.Patience);
        MessageBridge bridge = await bed.BridgeAsync(static options => options.WindowBytes = 45_000);

        await Bed.UntilAsync(() => bed.Far.Stored().Count == 4 && bed.Near.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 50 }, "a window of bytes");
        Assert.Equal((4, 40_000L), (bridge.Status.InFlight, bridge.Status.InFlightBytes));

        bed.ResumeConfirms(silent);
        await bed.EmptyAsync();
        Assert.Equal(50, bridge.Status.Forwarded);
    }

    [Fact]
    public async Task While_the_far_side_is_away_the_window_is_held_and_afterwards_all_arrive_in_order()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        MessageBridge bridge = await bed.BridgeAsync(static options => options.Prefetch = 50);
        await bed.FillAsync(100);
        await bed.EmptyAsync();
        await bed.Far.Broker.KillAsync();
        await bed.FillAsync(400, first: 100);
        await Bed.UntilAsync(() => bridge.Status.InFlight == 50, "a held window");
        Assert.Equal(400, bed.Unsettled());

        await bed.Far.Broker.RestartAsync();
        await bed.EmptyAsync();

        Assert.Equal([.. Enumerable.Range(0, 500).Select(Bed.Id)], bed.Far.Stored().Distinct(StringComparer.Ordinal));
        Assert.Equal((500, 0), (bridge.Status.Forwarded, bridge.Status.Requeued));
    }

    [Fact]
    public async Task After_a_loss_at_the_source_the_unacknowledged_come_again_in_order_and_marked()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        FaultHandle silent = bed.Far.Faults.FromBroker(AmqpMethod.BasicAck).Always().Drop();
        await bed.FillAsync(300);
        MessageBridge bridge = await bed.BridgeAsync(static options => options.Prefetch = 100);
        await Bed.UntilAsync(() => bed.Far.Stored().Count == 100, "the window");

        // The source session goes with a hundred unacknowledged, whose confirms never came.
        bed.Near.Line.ResetConnections();
        await Bed.UntilAsync(() => bed.Far.Stored().Count == 200, "the window again");
        bed.ResumeConfirms(silent);
        await bed.EmptyAsync();

        IReadOnlyList<string> stored = bed.Far.Stored();
        Assert.Equal([.. Enumerable.Range(0, 300).Select(Bed.Id)], stored.Distinct(StringComparer.Ordinal));
        IReadOnlyList<BrokerMessage> repeated = Repeated(bed.Far);
        Assert.All(repeated, static message => Assert.True(message.Headers!.ContainsKey("x-bridge-redelivered") || message.Headers.ContainsKey("x-publish-attempt"), message.MessageId));

        // A third copy is the far publisher's own, after the reset there.
        Assert.Equal([.. Enumerable.Range(0, 100).Select(Bed.Id)], repeated.Select(static message => message.MessageId!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(100, bridge.Status.Redelivered);
    }

    [Fact]
    public async Task Stopping_waits_for_the_confirms_and_leaves_nothing_to_be_sent_twice()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        bed.Far.Line.SetRoundTrip(TimeSpan.FromMilliseconds(200));
        await bed.FillAsync(2000);
        MessageBridge first = await bed.BridgeAsync(static options => options.Prefetch = 200);
        await Bed.UntilAsync(() => first.Status is { Forwarded: > 0, InFlight: > 100 }, "a bridge at work");

        await first.StopAsync().WaitAsync(Bed.Patience);

        Assert.Equal(0, first.Status.InFlight);
        Assert.Equal(2000 - first.Status.Forwarded, bed.Unsettled());
        Assert.InRange(first.Status.Forwarded, 1, 1999);
        await bed.BridgeAsync();
        await bed.EmptyAsync();
        Assert.Equal([.. Enumerable.Range(0, 2000).Select(Bed.Id)], bed.Far.Stored());
    }

    [Fact]
    public async Task A_full_far_queue_holds_the_bridge_back_and_loses_nothing()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        await bed.Far.DeclareAsync("small", ("x-max-length", 20), ("x-overflow", "reject-publish"));
        await bed.FillAsync(200);
        MessageBridge bridge = await bed.BridgeAsync(static options => (options.RoutingKey, options.Prefetch) = ("small", 30));
        await Bed.UntilAsync(() => bed.FarClient.Status.Publishing.Replayed > 30, "repeated refusals");
        Assert.Equal((180, 30), (bed.Unsettled(), bridge.Status.InFlight));

        Assert.Equal(200, (await bed.TakeAsync(200, queue: "small")).Select(static message => message.Id).Distinct(StringComparer.Ordinal).Count());
        await bed.EmptyAsync();
        Assert.Equal((200, 0), (bridge.Status.Forwarded, bridge.Status.Refused));
    }

    [Fact]
    public async Task With_order_off_the_messages_are_spread_over_the_lanes()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        RabbitClient far = bed.Far.NewClient(static options => options.Publisher.Lanes = 4);
        await bed.FillAsync(400);
        await bed.BridgeAsync(bed.NearClient, far, static options => options.PreserveOrder = false);
        await bed.EmptyAsync();

        Assert.Equal(4, bed.Far.Published().Select(static entry => entry.Channel).Distinct().Count());
        Assert.Equal([.. Enumerable.Range(0, 400).Select(Bed.Id)], bed.Far.Stored().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task With_order_kept_several_lanes_and_routing_keys_at_the_far_side_do_not_mix_it_up()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        foreach (RabbitClient client in new[] { bed.NearClient, bed.FarClient })
        {
            await client.DeclareAsync(new TopologyBuilder().Exchange("events", "topic").Queue(Bed.Queue).Bind(Bed.Queue, "events", "#").Build());
        }

        RabbitClient far = bed.Far.NewClient(static options => options.Publisher.Lanes = 4);
        foreach (int number in Enumerable.Range(0, 400))
        {
            _ = Bed.PublishAsync(bed.NearClient, Bed.Id(number), "events", $"key.{number % 10}");
        }

        await bed.NearClient.Publisher.FlushAsync().WaitAsync(Bed.Patience);
        IReadOnlyList<string> source = bed.Near.Stored();
        await bed.BridgeAsync(bed.NearClient, far, static options => (options.Exchange, options.RoutingKey) = ("events", null));
        await bed.EmptyAsync();

        Assert.Equal(source, bed.Far.Stored());
        Assert.Equal(10, bed.Far.Broker.GetMessages(Bed.Queue).Select(static message => message.RoutingKey).Distinct(StringComparer.Ordinal).Count());
        Assert.Single(bed.Far.Published().Select(static entry => entry.Channel).Distinct());
    }

    [Fact]
    public async Task A_deadline_gives_back_what_the_far_side_does_not_answer_and_it_comes_again()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        FaultHandle silent = bed.Far.Faults.FromBroker(AmqpMethod.BasicAck).Always().Drop();
        await bed.FillAsync(3);
        MessageBridge bridge = await bed.BridgeAsync(static options => options.DeliveryTimeout = TimeSpan.FromMilliseconds(200));
        await Bed.UntilAsync(() => bridge.Status.Requeued >= 3, "the messages given back");

        bed.ResumeConfirms(silent);
        await bed.EmptyAsync();

        Assert.Equal([.. Enumerable.Range(0, 3).Select(Bed.Id)], bed.Far.Stored().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(3, bridge.Status.Forwarded);
        Assert.All(Repeated(bed.Far), static message => Assert.True(message.Headers!.ContainsKey("x-bridge-redelivered") || message.Headers.ContainsKey("x-publish-attempt"), message.MessageId));
    }

    [Fact]
    public async Task A_pack_travels_whole_and_is_taken_apart_at_the_far_side()
    {
        await using BridgeBed bed = await BridgeBed.StartAsync();
        RabbitClient packing = bed.Near.NewClient(static options => options.Publisher.Packing = true);
        await Bed.AllAsync(Bed.Publish(packing, 100));
        int packs = bed.Unsettled();
        Assert.InRange(packs, 1, 99);

        MessageBridge bridge = await bed.BridgeAsync();
        await bed.EmptyAsync();

        Assert.Equal(packs, bed.Far.Stored().Count);
        Assert.Equal([.. Enumerable.Range(0, 100).Select(Bed.Id)], (await bed.TakeAsync(100)).Select(static message => message.Id!));
        Assert.Equal(packs, bridge.Status.Forwarded);
    }

    private static string[] HopsOf(MessageProperties properties) =>
        [.. ((List<object?>)properties.Headers["x-bridged-by"]!).Select(static hop => Encoding.UTF8.GetString((byte[])hop!))];

    /// <summary>The messages whose id was there before.</summary>
    private static IReadOnlyList<BrokerMessage> Repeated(Bed bed)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        return [.. bed.Broker.GetMessages(Bed.Queue).Where(message => !seen.Add(message.MessageId!))];
    }
}
