using System.Diagnostics;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Closings, limits and late answers (scenarios 17 to 28).</summary>
public sealed class ChannelScenarios
{
    [Fact, Scenario("17", "P1,P5,P8")]
    public async Task A_message_to_a_missing_exchange_fails_alone_among_two_hundred()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.OnPublish.Next(confirm: Confirm.Drop, count: 100);

        Task<PublishReceipt>[] before = Bed.Publish(client, 100);
        Task<PublishReceipt> guilty = Bed.PublishAsync(client, "guilty", exchange: "missing");
        Task<PublishReceipt>[] after = Bed.Publish(client, 100, first: 100);

        PublishException failure = await Bed.FailsAsync(guilty);
        PublishReceipt[] receipts = await Bed.AllAsync([.. before, .. after]);
        Assert.Equal((PublishFailure.Refused, 404), (failure.Failure, failure.ReplyCode));
        Assert.Equal(100, bed.Faults.OnPublish.Handle.Fired);
        bed.AssertHonest(receipts);
        Assert.Single(bed.Published(), static entry => entry.MessageId is "guilty");
    }

    [Fact, Scenario("18", "P8")]
    public async Task A_message_that_is_too_large_for_the_broker_fails_alone()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.MaxMessageSize = 10_000);
        RabbitClient client = bed.NewClient();

        Task<PublishReceipt>[] before = Bed.Publish(client, 50);
        Task<PublishReceipt> guilty = Bed.PublishAsync(client, "guilty", body: new string('x', 10_001));
        Task<PublishReceipt>[] after = Bed.Publish(client, 50, first: 50);

        PublishException failure = await Bed.FailsAsync(guilty);
        Assert.Equal((PublishFailure.Refused, 406), (failure.Failure, failure.ReplyCode));
        bed.AssertHonest(await Bed.AllAsync([.. before, .. after]));
    }

    [Fact, Scenario("18", "P8")]
    public async Task A_message_that_the_broker_refuses_without_saying_which_is_found_and_fails_alone()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle close = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "guilty").Always().CloseChannel(406, "PRECONDITION_FAILED - invalid message");

        Task<PublishReceipt>[] before = Bed.Publish(client, 16);
        Task<PublishReceipt> guilty = Bed.PublishAsync(client, "guilty");
        Task<PublishReceipt>[] after = Bed.Publish(client, 16, first: 16);

        PublishException failure = await Bed.FailsAsync(guilty);
        PublishReceipt[] receipts = await Bed.AllAsync([.. before, .. after]);
        Assert.True(close.Fired > 0);
        Assert.Equal((PublishFailure.Refused, 406), (failure.Failure, failure.ReplyCode));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("19", "P8")]
    public async Task A_message_without_permission_fails_alone()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.Users.Add(new TestBrokerUser("writer", "secret", Configure: "", Write: "^amq\\.default$", Read: ".*")));
        RabbitClient client = bed.NewClient(static options => (options.UserName, options.Password) = ("writer", "secret"));

        Task<PublishReceipt>[] before = Bed.Publish(client, 50);
        Task<PublishReceipt> guilty = Bed.PublishAsync(client, "guilty", exchange: "amq.topic");
        Task<PublishReceipt>[] after = Bed.Publish(client, 50, first: 50);

        PublishException failure = await Bed.FailsAsync(guilty);
        Assert.Equal((PublishFailure.Refused, 403), (failure.Failure, failure.ReplyCode));
        bed.AssertHonest(await Bed.AllAsync([.. before, .. after]));
    }

    [Fact, Scenario("20", "P17")]
    public async Task A_locked_queue_is_named_and_the_rest_of_the_topology_is_declared()
    {
        await using Bed bed = await Bed.StartAsync();
        await using RabbitMQ.Client.IConnection owner = await bed.ConnectPlainAsync();
        await using RabbitMQ.Client.IChannel channel = await owner.CreateChannelAsync();
        await channel.QueueDeclareAsync("locked", durable: false, exclusive: true, autoDelete: false);
        RabbitClient client = bed.NewClient();

        TopologyException failure = await Assert.ThrowsAsync<TopologyException>(() => client.DeclareAsync(new TopologyBuilder().Queue("locked").Queue("free").Build()).WaitAsync(Bed.Patience));

        Assert.Equal(405, failure.ReplyCode);
        Assert.Contains("locked", failure.Entity, StringComparison.Ordinal);
        Assert.NotNull(bed.Broker.Queue("free"));
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 5)));
    }

    [Fact, Scenario("21", "P5,P13")]
    public async Task A_forced_close_of_an_idle_client_is_healed_before_the_next_message()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.ConnectAsync();

        await bed.Broker.CloseAllConnectionsAsync("drill");
        await bed.SeeAsync(AmqpMethod.ConnectionClose);

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 5));
        bed.AssertHonest(receipts);
        Assert.Equal(ConnectionFailureReason.ClosedByBroker, client.Status.Connections[0].LastFailure);
    }

    [Theory, Scenario("21,22", "P1,P5,P6,P13")]
    [InlineData(320, "CONNECTION_FORCED - drill")]
    [InlineData(501, "FRAME_ERROR - drill")]
    [InlineData(504, "CHANNEL_ERROR - drill")]
    [InlineData(505, "UNEXPECTED_FRAME - drill")]
    [InlineData(541, "INTERNAL_ERROR - drill")]
    public async Task A_connection_closed_with_messages_in_flight_loses_none(int code, string text)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.OnPublish.Next(confirm: Confirm.Drop, count: 25);
        FaultHandle close = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(50).After().CloseConnection(code, text);

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 100));

        Assert.Equal(1, close.Fired);
        bed.AssertHonest(receipts);
        Assert.True(receipts.Count(static receipt => receipt.Attempts == 2) >= 25);
        Assert.Empty(bed.Journal.OrderBreaks(static entry => entry.RoutingKey, static entry => int.Parse(entry.MessageId![1..], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(1, client.Status.Connections[0].Losses);
    }

    [Fact, Scenario("21", "P5,P12")]
    public async Task A_forced_close_between_header_and_body_costs_a_marked_copy_and_no_half_message()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.ConnectAsync();
        bed.Line.FromClient.BytesPerSecond = 500_000;
        Task<PublishReceipt> publishing = Bed.PublishAsync(client, "large", body: new string('x', 1_000_000));
        await bed.SeeAsync(AmqpMethod.BasicPublish);

        await bed.Broker.CloseAllConnectionsAsync("drill");
        await bed.SeeAsync(AmqpMethod.ConnectionClose);
        bed.Line.FromClient.BytesPerSecond = 0;

        PublishReceipt receipt = await publishing.WaitAsync(Bed.Patience);
        Assert.Equal(2, receipt.Attempts);
        bed.AssertHonest(receipt);
        BrokerMessage stored = Assert.Single(bed.Broker.GetMessages(Bed.Queue));
        Assert.Equal(1_000_000, stored.Body.Length);
    }

    [Theory, Scenario("23", "P20")]
    [InlineData(AmqpMethod.ConnectionCloseOk)]
    [InlineData(AmqpMethod.ChannelCloseOk)]
    public async Task A_close_that_is_never_answered_does_not_hold_up_the_end(AmqpMethod answer)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 5));
        await using (ISubscription subscription = await Bed.SubscribeAsync(client, static _ => Settlement.Ack))
        {
            await Bed.UntilAsync(() => bed.Stored().Count == 0, "the consuming");
        }

        FaultHandle drop = bed.Faults.FromBroker(answer).Always().Drop();
        long start = Stopwatch.GetTimestamp();
        if (answer == AmqpMethod.ChannelCloseOk)
        {
            await using ISubscription other = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        }

        await client.DisposeAsync();

        // The shutdown time-out is two seconds; the rest is for slow machines.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(start)}.");
        Assert.True(drop.Fired > 0);
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0 && client.TeardownsRunning == 0, "the end of sockets and background work");
    }

    [Fact, Scenario("24", "P4,P13")]
    public async Task A_channel_that_is_never_opened_costs_the_attempt_its_time_and_no_more()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.ConnectTimeout = TimeSpan.FromSeconds(1));
        FaultHandle drop = bed.Faults.FromBroker(AmqpMethod.ChannelOpenOk).Drop();
        long start = Stopwatch.GetTimestamp();
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 5));

        // A request that is not answered takes ten seconds by itself.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(start)}.");
        Assert.Equal(1, drop.Fired);
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("25", "P18")]
    public async Task One_channel_is_enough_to_publish()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.ChannelMax = 1);
        RabbitClient client = bed.NewClient();

        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 20)));
    }

    [Fact, Scenario("25", "P18")]
    public async Task Consuming_with_one_channel_is_refused_with_the_reason()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.ChannelMax = 1);
        RabbitClient client = bed.NewClient();

        ConnectionException refusal = await Assert.ThrowsAsync<ConnectionException>(() => Bed.SubscribeAsync(client, static _ => Settlement.Ack));

        Assert.Contains("channel_max", refusal.Message, StringComparison.Ordinal);
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 5)));
    }

    [Fact, Scenario("25", "P18")]
    public async Task Two_channels_for_each_connection_are_enough_to_publish_and_consume()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.ChannelMax = 2);
        RabbitClient client = bed.NewClient();
        int received = 0;

        await using ISubscription subscription = await Bed.SubscribeAsync(client, _ =>
        {
            Interlocked.Increment(ref received);
            return Settlement.Ack;
        });
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 20));

        Assert.Equal(20, receipts.Length);
        await Bed.UntilAsync(() => received == 20, "the messages");
        Assert.Empty(bed.Journal.FalseConfirms(receipts.Select(static receipt => receipt.MessageId)));
    }

    [Theory, Scenario("26", "P8,P12")]
    [InlineData(4096)]
    [InlineData(8192)]
    [InlineData(131072)]
    [InlineData(0)]
    public async Task Any_frame_size_carries_large_bodies_whole(int frameMax)
    {
        await using Bed bed = await Bed.StartAsync(options => options.FrameMax = frameMax);
        RabbitClient client = bed.NewClient();
        byte[] body = new byte[300_001];
        new Random(frameMax).NextBytes(body);
        var received = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);

        await client.Publisher.PublishAsync("", Bed.Queue, body).AsTask().WaitAsync(Bed.Patience);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.TrySetResult(message.Body.ToArray());
            return Settlement.Ack;
        });

        Assert.Equal(body, await received.Task.WaitAsync(Bed.Patience));
    }

    [Theory, Scenario("27", "P15")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60)]
    public async Task Any_offered_heartbeat_keeps_an_idle_client_alive(int seconds)
    {
        await using Bed bed = await Bed.StartAsync(options => options.Heartbeat = TimeSpan.FromSeconds(seconds));
        RabbitClient client = bed.NewClient(static options => options.Heartbeat = TimeSpan.FromSeconds(2));
        await client.ConnectAsync();

        // Beats of both sides, several times as long as a silent peer would be borne.
        await bed.Journal.WaitForAsync(static entry => entry is { Note: "heartbeat", Direction: FrameDirection.FromBroker }, Bed.Patience, 8);
        await bed.Journal.WaitForAsync(static entry => entry is { Note: "heartbeat", Direction: FrameDirection.FromClient }, Bed.Patience, 8);

        Assert.All(client.Status.Connections, static connection => Assert.Equal((ConnectionState.Connected, 0), (connection.State, connection.Losses)));
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));
    }

    [Fact, Scenario("28,C4", "P17,P18")]
    public async Task A_late_answer_to_a_declaration_harms_no_later_one()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.RequestTimeout = TimeSpan.FromMilliseconds(500));
        await client.ConnectAsync();

        // Everything behind the answer waits with it: a broker that sent it after close-ok would break the protocol, and the driver ends the connection then.
        FaultHandle hold = bed.Faults.FromBroker(AmqpMethod.QueueDeclareOk).Stall();
        Task first = client.DeclareAsync(new TopologyBuilder().Queue("first").Build());
        await hold.WaitFiredAsync(Bed.Patience);
        JournalEntry asked = bed.Journal.Entries.Single(static entry => entry.Method == AmqpMethod.QueueDeclare);

        // The client has given up: it closes the channel on which it asked.
        await bed.Journal.WaitForAsync(entry => entry is { Method: AmqpMethod.ChannelClose, Direction: FrameDirection.FromClient } && entry.Connection == asked.Connection && entry.Channel == asked.Channel && entry.Number > asked.Number, Bed.Patience);
        hold.Release();

        await first.WaitAsync(Bed.Patience);
        await client.DeclareAsync(new TopologyBuilder().Queue("second").Build()).WaitAsync(Bed.Patience);
        Assert.Equal(1, hold.Fired);
        Assert.NotNull(bed.Broker.Queue("second"));
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));
    }
}
