using System.Diagnostics;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>What TCP does to a client (scenarios 29 to 36).</summary>
public sealed class TransportScenarios
{
    [Theory, Scenario("29,30", "P4,P13,P14")]
    [InlineData("accept", true)]
    [InlineData("start-ok", true)]
    [InlineData("tune", true)]
    [InlineData("tune-ok", true)]
    [InlineData("open", true)]
    [InlineData("open-ok", true)]
    [InlineData("channel.open", true)]
    [InlineData("confirm.select", true)]
    [InlineData("accept", false)]
    [InlineData("start-ok", false)]
    [InlineData("tune", false)]
    [InlineData("tune-ok", false)]
    [InlineData("open", false)]
    [InlineData("open-ok", false)]
    [InlineData("channel.open", false)]
    [InlineData("confirm.select", false)]
    public async Task An_end_at_any_step_of_the_handshake_costs_one_attempt(string step, bool reset)
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle end = step is "accept"
            ? (reset ? bed.Faults.AtConnect().Refuse() : bed.Faults.AtConnect().AcceptThenClose())
            : End(Trigger(bed, step), reset);
        RabbitClient client = bed.NewClient();

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 3));

        Assert.Equal(1, end.Fired);
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
        Assert.InRange(bed.Line.AcceptedCount, 2, 3);
    }

    [Fact, Scenario("31", "P4,P13,P14")]
    public async Task A_peer_that_accepts_and_stays_silent_costs_one_connect_timeout()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle silence = bed.Faults.AtConnect().AcceptThenSilence();
        RabbitClient client = bed.NewClient(static options => options.ConnectTimeout = TimeSpan.FromSeconds(1));

        long start = Stopwatch.GetTimestamp();
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 3));

        Assert.Equal(1, silence.Fired);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(start)}.");
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("31", "P4,P13,P14")]
    public async Task A_peer_that_swallows_connects_costs_one_connect_timeout_after_another_until_it_answers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a full backlog does differs from system to system.");
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.ConnectTimeout = TimeSpan.FromSeconds(1));
        bed.Line.BlackHoleConnections();
        var failed = new TaskCompletionSource<ConnectionFailureReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StatusChanged += (_, change) =>
        {
            if (change.Current.LastFailure is { } reason)
            {
                failed.TrySetResult(reason);
            }
        };

        long start = Stopwatch.GetTimestamp();
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 3);
        ConnectionFailureReason reason = await failed.Task.WaitAsync(Bed.Patience);
        TimeSpan first = Stopwatch.GetElapsedTime(start);
        bed.Line.AcceptConnections();
        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        Assert.Equal(ConnectionFailureReason.TimedOut, reason);
        Assert.InRange(first, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(4));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("32,C6", "P15")]
    public async Task A_broker_that_is_not_heard_any_more_is_left_before_the_driver_would_notice()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Heartbeat = TimeSpan.FromSeconds(2));
        await client.ConnectAsync();
        var lost = new TaskCompletionSource<ConnectionFailureReason?>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StatusChanged += (_, change) =>
        {
            if (change.Current.LastFailure is { } reason)
            {
                lost.TrySetResult(reason);
            }
        };

        FaultHandle mute = bed.Faults.FromBroker().OnConnection(1).Always().Drop();
        long start = Stopwatch.GetTimestamp();
        ConnectionFailureReason? reason = await lost.Task.WaitAsync(Bed.Patience);

        // The driver by itself needs three heartbeats at least.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(6), $"It took {Stopwatch.GetElapsedTime(start)}.");
        Assert.Equal(ConnectionFailureReason.Silent, reason);
        Assert.True(mute.Fired > 0);
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));
    }

    [Fact, Scenario("32", "P1,P5,P13,P15")]
    public async Task A_broker_that_hears_nothing_any_more_is_found_by_the_missing_confirm()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.Publisher.Connections = 2;
            options.Publisher.ConfirmStallTimeout = TimeSpan.FromMilliseconds(500);
        });
        await client.ConnectAsync();
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 3));
        FaultHandle deaf = bed.Faults.FromClient(AmqpMethod.BasicPublish).Before().StopReading();

        long start = Stopwatch.GetTimestamp();
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 10, first: 3));

        // Heartbeats are ten seconds here, and the broker, which hears none, would wait for two of them.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(start)}.");
        Assert.Equal(1, deaf.Fired);
        bed.AssertHonest([.. before, .. receipts]);
    }

    [Fact, Scenario("33", "P12")]
    public async Task One_byte_for_each_write_is_enough()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle split = bed.Faults.FromBroker().Always().Split(1);
        RabbitClient client = bed.NewClient();
        int received = 0;

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 10));
        bed.AssertHonest(receipts);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, _ =>
        {
            Interlocked.Increment(ref received);
            return Settlement.Ack;
        });

        await Bed.UntilAsync(() => received == 10 && bed.Broker.Queue(Bed.Queue)!.Unacked == 0, "the messages and their acks");
        Assert.True(split.Fired > 20);
    }

    [Fact, Scenario("34,C8", "P15,P19,P22")]
    public async Task A_delivery_that_is_cut_off_is_delivered_again_on_the_next_connection()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        byte[] body = new byte[100_000];
        new Random(34).NextBytes(body);
        FaultHandle cut = bed.Faults.FromBroker(AmqpMethod.BasicDeliver).CutAt(60_000);
        var received = new TaskCompletionSource<(byte[] Body, bool Redelivered)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.TrySetResult((message.Body.ToArray(), message.Redelivered));
            return Settlement.Ack;
        });

        long start = Stopwatch.GetTimestamp();
        await bed.Broker.PublishAsync(Bed.Queue, body);
        (byte[] whole, bool redelivered) = await received.Task.WaitAsync(Bed.Patience);

        Assert.Equal(1, cut.Fired);
        Assert.Equal(body, whole);
        Assert.True(redelivered);

        // FIN tells at once. Heartbeats are ten seconds here: who waits for them is later.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(start)}.");
    }

    [Fact, Scenario("35", "P4,P5,P6")]
    public async Task A_line_of_one_kilobyte_a_second_is_slow_and_no_reason_to_leave()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.ConnectAsync();
        bed.Line.FromClient.BytesPerSecond = 1024;

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 8));

        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.Empty(bed.Journal.Duplicates());
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("36", "P13,P14")]
    public async Task Endpoints_that_refuse_are_passed_over()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy first = Refusing(bed);
        await using FrameProxy second = Refusing(bed);
        await using FrameProxy third = Refusing(bed);
        RabbitClient client = bed.NewClient(options =>
        {
            foreach (FrameProxy closed in new[] { first, second, third })
            {
                options.Endpoints.Add($"{closed.Host}:{closed.Port}");
            }

            options.Endpoints.Add(bed.Endpoint);
        });

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 3));

        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("36", "P3,P13,P14")]
    public async Task A_single_endpoint_that_refuses_is_tried_again_until_it_accepts()
    {
        await using Bed bed = await Bed.StartAsync();
        bed.Line.RefuseConnections();
        RabbitClient client = bed.NewClient();
        int failures = 0;
        client.StatusChanged += (_, change) => _ = change.Current.LastFailure is ConnectionFailureReason.Unreachable ? Interlocked.Increment(ref failures) : 0;
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 3);
        await Bed.UntilAsync(() => failures >= 1, "a refused attempt");

        bed.Line.AcceptConnections();

        bed.AssertHonest(await Bed.AllAsync(publishing));
    }

    private static FrameProxy Refusing(Bed bed)
    {
        FrameProxy proxy = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        proxy.RefuseConnections();
        return proxy;
    }

    private static FaultTrigger Trigger(Bed bed, string step) => step switch
    {
        "start-ok" => bed.Faults.FromClient(AmqpMethod.ConnectionStartOk).Instead(),
        "tune" => bed.Faults.FromBroker(AmqpMethod.ConnectionTune).Instead(),
        "tune-ok" => bed.Faults.FromClient(AmqpMethod.ConnectionTuneOk).Instead(),
        "open" => bed.Faults.FromClient(AmqpMethod.ConnectionOpen).Instead(),
        "open-ok" => bed.Faults.FromBroker(AmqpMethod.ConnectionOpenOk).Instead(),
        "channel.open" => bed.Faults.FromClient(AmqpMethod.ChannelOpen).Instead(),
        _ => bed.Faults.FromClient(AmqpMethod.ConfirmSelect).Instead(),
    };

    private static FaultHandle End(FaultTrigger trigger, bool reset) => reset ? trigger.Reset() : trigger.Fin();
}
