using System.Collections.Concurrent;
using System.Diagnostics;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Lines that swallow everything or one direction, and brokers that are only slow.</summary>
public sealed class SilenceScenarios
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(1);

    /// <summary>Times are asserted at three times the goal: this runs beside other things.</summary>
    private const int Slack = 3;

    [Fact, Scenario("32", "P1,P5,P13,P15")]
    public async Task A_line_that_swallows_both_directions_while_publishing_is_left_when_the_stall_is_proven()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy other = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        RabbitClient client = TwoLines(bed, other);

        // Both first: a lane that has taken refuge on the other line goes home from there when it likes.
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        await Bed.AllAsync(Bed.Publish(client, 10));
        bool isFirst = bed.Published().Count > 0;
        FrameProxy used = isFirst ? bed.Line : other;
        (FaultHandle deaf, FaultHandle mute) = Swallow(used);

        long start = Stopwatch.GetTimestamp();
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 10, first: 10));
        TimeSpan taken = Stopwatch.GetElapsedTime(start);

        Assert.True(deaf.Fired > 0);
        Assert.True(taken < (Stall + TimeSpan.FromSeconds(1.5)) * Slack, $"It took {taken}.");
        string[] stored = [.. bed.Stored()];
        Assert.All(receipts, receipt => Assert.Contains(receipt.MessageId, stored));
        await Bed.UntilAsync(() => client.Status.Connections.Any(static connection => connection.LastFailure == ConnectionFailureReason.Silent), "the silence found");
        mute.Cancel();
        deaf.Cancel();
    }

    [Fact, Scenario("32", "P13,P15")]
    public async Task A_line_that_swallows_both_directions_while_idle_is_found_by_the_missing_heartbeats()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Heartbeat = Heartbeat);
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        int connections = bed.Line.AcceptedCount;
        var reasons = new ConcurrentBag<ConnectionFailureReason?>();
        client.StatusChanged += (_, change) =>
        {
            if (change.Current.Losses > change.Previous.Losses)
            {
                reasons.Add(change.Current.LastFailure);
            }
        };
        (FaultHandle deaf, FaultHandle mute) = Swallow(bed.Line);

        long start = Stopwatch.GetTimestamp();
        await Bed.UntilAsync(() => client.Status.Connections.All(static connection => connection.Losses == 1), "both losses");
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        mute.Cancel();
        deaf.Cancel();

        Assert.True(taken < ((Heartbeat * 2) + TimeSpan.FromSeconds(1)) * Slack, $"It took {taken}.");
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));
        Assert.True(bed.Line.AcceptedCount >= connections + 2);

        // By our guard: the driver's own needs three to four heartbeats and gives another reason.
        await Bed.UntilAsync(() => reasons.Count >= 2, "both reasons");
        Assert.All(reasons, static reason => Assert.Equal(ConnectionFailureReason.Silent, reason));
    }

    [Fact, Scenario("32", "P13,P15")]
    public async Task A_line_that_swallows_what_we_send_while_idle_is_ended_by_the_broker_that_misses_us()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Heartbeat = Heartbeat);
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        FaultHandle deaf = bed.Faults.FromClient().Always().Drop();

        long start = Stopwatch.GetTimestamp();
        await Bed.UntilAsync(() => client.Status.Connections.All(static connection => connection.Losses == 1), "both losses");
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        deaf.Cancel();

        // A broker hangs up after two heartbeats without us.
        Assert.True(taken < Heartbeat * 3 * Slack, $"It took {taken}.");
        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));
    }

    [Fact, Scenario("28,32", "P4,P13,P15")]
    public async Task Lanes_with_nothing_in_flight_leave_a_line_that_takes_no_bytes_long_before_the_heartbeat_tells()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.Heartbeat = TimeSpan.FromSeconds(60);
            (options.Publisher.Connections, options.Publisher.Lanes, options.Publisher.ConfirmStallTimeout) = (2, 8, Stall);
        });
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        FaultHandle stop = bed.Faults.FromClient(AmqpMethod.BasicPublish).Before().StopReading();
        Task<PublishReceipt>[] large = [.. Enumerable.Range(0, 16).Select(number => Keyed(client, number, "large", 1_000_000))];
        await stop.WaitFiredAsync(Bed.Patience);

        // The lane that fills the line has looked for another way: what it left fills all buffers since long.
        await bed.Journal.WaitForAsync(static entry => entry is { Method: AmqpMethod.BasicPublish, PublishAttempt: 2 }, Bed.Patience);

        // On the lanes of the stuck connection there is no room, and on the others there is.
        Task<PublishReceipt>[] small = [.. Enumerable.Range(100, 64).Select(number => Keyed(client, number, "key-" + Bed.Id(number), 10))];
        PublishReceipt[] receipts = await Bed.AllAsync([.. large, .. small]);

        Assert.Equal(1, stop.Fired);
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        Assert.Equal(receipts.Select(static receipt => receipt.MessageId).Order(StringComparer.Ordinal), bed.Stored().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact, Scenario("35", "P6,P13")]
    public async Task A_broker_that_stands_still_for_less_than_a_heartbeat_is_not_left()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => (options.Heartbeat, options.Publisher.Connections) = (TimeSpan.FromSeconds(6), 2));
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        List<PublishReceipt> receipts = [];
        for (int round = 0; round < 2; round++)
        {
            await bed.Broker.FreezeAsync();
            Task<PublishReceipt>[] publishing = Bed.Publish(client, 20, first: receipts.Count);
            await Task.Delay(TimeSpan.FromSeconds(2.5));
            await bed.Broker.ThawAsync();
            receipts.AddRange(await Bed.AllAsync(publishing));
        }

        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        bed.AssertHonest([.. receipts]);
    }

    private static Task<PublishReceipt> Keyed(RabbitClient client, int number, string key, int size) => client.Publisher.PublishAsync(new OutboundMessage
    {
        Exchange = "",
        RoutingKey = Bed.Queue,
        Body = new byte[size],
        OrderingKey = key,
        Properties = new MessageProperties { MessageId = Bed.Id(number) },
    }).AsTask();

    private static RabbitClient TwoLines(Bed bed, FrameProxy other) => bed.NewClient(options =>
    {
        options.Heartbeat = Heartbeat;
        options.Publisher.Connections = 2;
        options.Publisher.ConfirmStallTimeout = Stall;
        options.Endpoints.Add(bed.Endpoint);
        options.Endpoints.Add($"{other.Host}:{other.Port}");
    });

    private static (FaultHandle Deaf, FaultHandle Mute) Swallow(FrameProxy line)
        => (line.Faults.FromClient().Always().Drop(), line.Faults.FromBroker().Always().Drop());
}
