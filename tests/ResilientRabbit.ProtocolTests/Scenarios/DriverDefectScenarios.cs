using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>
/// The known defects of RabbitMQ.Client 7.1.2 on its connections and channels (C1 to C8, C13, C14, C16): each shown on the bare driver, so that a newer driver that mends one turns
/// its test red and our workaround can be reconsidered; and the SDK in the same situation. <see cref="DriverInputScenarios"/> has the others.
/// </summary>
public sealed class DriverDefectScenarios
{
    [Fact, Scenario("C1", "P4,P19")]
    public async Task The_bare_driver_hangs_when_its_write_loop_dies()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle deaf = bed.Faults.FromClient(AmqpMethod.BasicPublish).After().StopReading();

        // The SDK in the same situation: UnconfirmedScenarios.A_broker_that_stops_reading_and_then_resets_hangs_nobody.
        ChildResult child = await ChildProcess.RunAsync("driver-hang", bed.Port, () =>
        {
            bed.Line.ResetConnections();
            return Task.CompletedTask;
        });

        Assert.Equal((1, 0), (deaf.Fired, child.ExitCode));
        Assert.Equal("False", child["publishers-ended"]);
        Assert.True(child.Number("still-hanging") > 0);
    }

    [Fact, Scenario("C2", "P1,P18")]
    public async Task The_bare_driver_loses_count_when_publishes_are_cancelled()
    {
        await using Bed bed = await Bed.StartAsync();

        // The SDK in the same situation: UnconfirmedScenarios.A_storm_of_cancellations_leaves_every_outcome_honest.
        ChildResult child = await ChildProcess.RunAsync("driver-cancel-storm", bed.Port);

        Assert.Equal(0, child.ExitCode);
        long believed = child.Number("client-next") - 1;
        long real = bed.Published().Count;
        Assert.True(believed != real || child.Number("wrong") > 0, $"The driver counted {believed}, the broker {real}, and no publish failed.");
    }

    [Fact, Scenario("C3", "P26")]
    public async Task The_bare_driver_reports_a_recovery_in_which_it_lost_its_consumer()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle? hold = null;

        // The SDK in the same situation: ConsumerScenarios.A_consume_that_is_not_answered_after_a_loss_is_asked_again_elsewhere.
        ChildResult child = await ChildProcess.RunAsync("driver-lost-consumer", bed.Port, () =>
        {
            hold = bed.Faults.FromBroker(AmqpMethod.BasicConsumeOk).Hold();
            bed.Line.ResetConnections();
            return Task.CompletedTask;
        });

        Assert.Equal((0, 1), (child.ExitCode, hold!.Fired));
        Assert.Equal(("succeeded", "True", "0"), (child["recovery"], child["open"], child["received"]));
    }

    [Fact, Scenario("C4", "P18")]
    public async Task The_bare_driver_is_confused_by_a_late_answer()
    {
        await using Bed bed = await Bed.StartAsync();
        await bed.DeclareAsync("other");
        FaultHandle hold = bed.Faults.FromBroker(AmqpMethod.QueueDeclareOk).Hold();

        // The SDK in the same situation: ChannelScenarios.A_late_answer_to_a_declaration_harms_no_later_one.
        ChildResult child = await ChildProcess.RunAsync("driver-late-reply", bed.Port, () =>
        {
            hold.Release();
            return Task.CompletedTask;
        });

        Assert.Equal((0, 1), (child.ExitCode, hold.Fired));
        Assert.NotEqual("fine", child["first"]);
        Assert.True(child["second"] is not "fine" || child["third"] is not "fine" || child["open"] is "False", child.Output);
    }

    [Fact, Scenario("C5", "P19")]
    public async Task The_bare_driver_ends_the_process_when_its_socket_is_closed_on_a_missed_heartbeat()
    {
        await using Bed bed = await Bed.StartAsync();

        ChildResult child = await ChildProcess.RunAsync("driver-heartbeat-crash", bed.Port, bed.Broker.FreezeAsync);

        Assert.Equal(ChildResult.Crashed, child.ExitCode);
        Assert.Contains("HeartbeatReadTimerCallback", child.Output, StringComparison.Ordinal);
    }

    [Fact, Scenario("C5,C6", "P15,P19")]
    public async Task The_SDK_survives_missed_heartbeats_in_the_same_way_of_working()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient[] clients = [.. Enumerable.Range(0, 10).Select(_ => bed.NewClient(static options => options.Heartbeat = TimeSpan.FromSeconds(1)))];
        await Task.WhenAll(clients.Select(static client => client.ConnectAsync()));

        await bed.Broker.FreezeAsync();
        await Bed.UntilAsync(() => clients.All(static client => client.Status.Connections.All(static connection => connection.Losses > 0)), "the losses");
        await bed.Broker.ThawAsync();

        foreach (RabbitClient client in clients)
        {
            PublishReceipt receipt = await client.Publisher.PublishAsync("", Bed.Queue, "m"u8.ToArray()).AsTask().WaitAsync(Bed.Patience);
            Assert.Empty(bed.Journal.FalseConfirms([receipt.MessageId]));
        }
    }

    [Fact, Scenario("C6", "P15")]
    public async Task The_bare_driver_needs_three_heartbeats_to_miss_its_peer()
    {
        await using Bed bed = await Bed.StartAsync();
        await using IConnection connection = await bed.Driver(static factory => factory.RequestedHeartbeat = TimeSpan.FromSeconds(1)).CreateConnectionAsync();
        Task<ShutdownEventArgs> closed = Conformance.Bench.Closed(connection);
        long start = Stopwatch.GetTimestamp();

        await bed.Broker.FreezeAsync();
        await closed.WaitAsync(Bed.Patience);

        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(2.5), $"It took {Stopwatch.GetElapsedTime(start)}.");
        await bed.Broker.ThawAsync();
    }

    [Fact, Scenario("C7", "P13")]
    public async Task The_bare_driver_waits_before_its_first_attempt_and_the_SDK_does_not()
    {
        await using Bed bed = await Bed.StartAsync();
        await using (IConnection connection = await bed.Driver(static factory =>
        {
            factory.AutomaticRecoveryEnabled = true;
            factory.NetworkRecoveryInterval = TimeSpan.FromSeconds(2);
        }).CreateConnectionAsync())
        {
            var recovered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.RecoverySucceededAsync += (_, _) =>
            {
                recovered.TrySetResult();
                return Task.CompletedTask;
            };
            long start = Stopwatch.GetTimestamp();
            bed.Line.ResetConnections();
            await recovered.Task.WaitAsync(Bed.Patience);
            Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(1.9), $"It took {Stopwatch.GetElapsedTime(start)}.");
        }

        // With this delay the first attempt can only have come without one.
        RabbitClient client = bed.NewClient(static options =>
        {
            options.ReconnectDelay = TimeSpan.FromMinutes(5);
            options.ReconnectMaxDelay = TimeSpan.FromMinutes(5);
        });
        await client.ConnectAsync();
        bed.Line.ResetConnections();

        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));
    }

    [Fact, Scenario("C8", "P19")]
    public async Task The_bare_driver_burns_a_core_after_half_a_frame_and_FIN()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle cut = bed.Faults.FromBroker(AmqpMethod.BasicDeliver).CutAt(60_000);

        // The SDK in the same situation: TransportScenarios.A_delivery_that_is_cut_off_is_delivered_again_on_the_next_connection.
        ChildResult child = await ChildProcess.RunAsync("driver-consumes", bed.Port, () => bed.Broker.PublishAsync(Bed.Queue, new byte[100_000]));

        Assert.Equal((1, 0), (cut.Fired, child.ExitCode));
        Assert.Equal(("True", "0"), (child["open"], child["received"]));

        // Idle it would be a few milliseconds; a machine that is busy otherwise leaves it less than a whole core.
        Assert.True(child.Number("cpu-ms-in-3s") > 250, child.Output);
    }

    [Fact, Scenario("C13", "P18,P19")]
    public async Task Forty_reconnects_leave_no_socket_and_no_work_behind()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.ConnectAsync();
        for (int round = 0; round < 40; round++)
        {
            int losses = client.Status.Connections.Sum(static connection => connection.Losses);
            bed.Line.ResetConnections();
            await Bed.UntilAsync(() => client.Status.Connections.Sum(static connection => connection.Losses) >= losses + 2, "the losses");
            await client.ConnectAsync().WaitAsync(Bed.Patience);
        }

        await Bed.AllAsync(Bed.Publish(client, 1));
        await Bed.UntilAsync(() => client.TeardownsRunning == 0 && bed.Line.ConnectionCount == 2, "the end of the old sessions");
        Assert.Equal(2, bed.Broker.Connections().Count(static connection => connection.IsOpen));

        await client.DisposeAsync();
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the end of the sockets");
    }

    [Fact, Scenario("C14", "P23")]
    public async Task The_bare_driver_drops_a_stale_ack_without_a_word()
    {
        await using Bed bed = await Bed.StartAsync();
        await bed.Broker.PublishAsync(Bed.Queue, "m"u8.ToArray());
        await using IConnection connection = await bed.Driver(static factory =>
        {
            factory.AutomaticRecoveryEnabled = true;
            factory.NetworkRecoveryInterval = TimeSpan.FromMilliseconds(100);
        }).CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        BasicGetResult result = (await channel.BasicGetAsync(Bed.Queue, autoAck: false))!;
        var recovered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.RecoverySucceededAsync += (_, _) =>
        {
            recovered.TrySetResult();
            return Task.CompletedTask;
        };
        bed.Line.ResetConnections();
        await recovered.Task.WaitAsync(Bed.Patience);

        // The SDK in the same situation: ConsumerScenarios.Acks_of_a_lost_connection_are_reported_as_stale_and_not_sent.
        await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        await channel.QueueDeclarePassiveAsync(Bed.Queue);

        Assert.DoesNotContain(bed.Journal.Entries, static entry => entry.Method == AmqpMethod.BasicAck);
        Assert.Equal(1, bed.Broker.Queue(Bed.Queue)!.Messages);
    }

    [Fact, Scenario("C16", "P13")]
    public async Task The_bare_driver_says_connected_before_the_broker_has_and_the_SDK_does_not()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle hold = bed.Faults.FromBroker(AmqpMethod.ConnectionOpenOk).Always().Stall();
        await using IConnection connection = await bed.Driver().CreateConnectionAsync().WaitAsync(Bed.Patience);
        Assert.True(connection.IsOpen);

        RabbitClient client = bed.NewClient(static options => options.ConnectTimeout = Bed.Patience);
        Task connecting = client.ConnectAsync();
        await hold.WaitFiredAsync(Bed.Patience, times: 3);

        // The driver is told of nothing in the meantime and still says that it is connected, so ours have been told the same.
        for (int number = 0; number < 5; number++)
        {
            await using IConnection another = await bed.Driver().CreateConnectionAsync().WaitAsync(Bed.Patience);
            Assert.True(another.IsOpen);
        }

        Assert.False(connecting.IsCompleted);
        Assert.All(client.Status.Connections, static status => Assert.NotEqual(ConnectionState.Connected, status.State));

        hold.Cancel();
        await connecting.WaitAsync(Bed.Patience);
    }
}
