using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Faults;

/// <summary>Faults of frames, channels and connections, seen by RabbitMQ.Client.</summary>
public sealed class FrameFaultTests
{
    [Fact]
    public async Task A_stalled_step_of_the_handshake_comes_when_released()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.ConnectionTune).Stall();

        Task<RecordingDriver> connecting = RecordingDriver.ConnectAsync(broker);
        await fault.WaitFiredAsync(RecordingDriver.Bound);
        Assert.DoesNotContain(broker.Journal.Entries, static entry => entry.Method == AmqpMethod.ConnectionTuneOk);
        fault.Release();
        await using RecordingDriver driver = await connecting;

        Assert.True(driver.Connection.IsOpen);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_command_of_the_client_that_is_held_arrives_when_released()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Hold();

        await driver.PublishAsync(2);
        await fault.WaitFiredAsync(RecordingDriver.Bound);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 1, RecordingDriver.Bound);
        fault.Release();
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 2, RecordingDriver.Bound);

        Assert.Equal(["2", "1"], broker.GetMessages("q").Select(static message => message.MessageId));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task Frames_in_pieces_of_one_byte_and_two_in_one_write_are_understood()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        FaultHandle split = broker.Faults.FromBroker().Times(5).Split(3, 1);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        await driver.PublishAsync(1);
        await driver.AnswersAsync(1);
        FaultHandle coalesce = broker.Faults.FromBroker(AmqpMethod.BasicAck).Coalesce();
        await driver.PublishAsync(1);
        await coalesce.WaitFiredAsync(RecordingDriver.Bound);
        await driver.RoundTripAsync();

        Assert.Equal(["ack 1", "ack 2"], await driver.AnswersAsync(2));
        Assert.Equal((5, 1), (split.Fired, coalesce.Fired));
    }

    [Fact]
    public async Task A_frame_cut_in_the_middle_is_followed_by_FIN()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using var client = await WireClient.OpenAsync(broker.Host, broker.Port);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.QueueDeclareOk).CutAt(9);

        client.DeclareQueue("q");
        byte[] rest = await client.ReadToEndAsync();

        Assert.Equal(9, rest.Length);
        Assert.Equal([1, 0, 1], rest[..3]);
        Assert.Equal(1, fault.Fired);
        Assert.Contains(broker.Journal.Entries, static entry => entry.Note?.StartsWith("no whole frame", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Another_frame_comes_in_a_frames_place_or_before_it()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle replace = broker.Faults.FromBroker(AmqpMethod.BasicAck).Replace(static entry => AmqpFrames.Ack(entry.Channel, entry.DeliveryTag!.Value + 5));
        await driver.PublishAsync(1);
        await replace.WaitFiredAsync(RecordingDriver.Bound);
        FaultHandle insert = broker.Faults.FromBroker(AmqpMethod.BasicAck).Before().Send(AmqpFrames.Return(1, "", "made up", "x"u8));
        await driver.PublishAsync(1);

        Assert.Equal(["ack 6", "return made up", "ack 2"], await driver.AnswersAsync(3));
        Assert.Equal((1, 1), (replace.Fired, insert.Fired));
    }

    [Fact]
    public async Task FIN_after_the_third_publish_leaves_three_messages_and_a_dead_connection()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(3).Fin();

        await PublishUntilRefusedAsync(driver);
        await driver.ConnectionDownAsync();

        Assert.Equal(3, broker.Queue("q")!.Messages);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_reset_instead_of_the_third_publish_leaves_two_messages_and_a_dead_connection()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(3).Instead().Reset();

        await PublishUntilRefusedAsync(driver);
        await driver.ConnectionDownAsync();

        Assert.Equal(2, broker.Queue("q")!.Messages);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task After_a_half_close_the_client_is_still_served()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using var client = await WireClient.OpenAsync(broker.Host, broker.Port);
        client.DeclareQueue("q");
        await client.ExpectAsync(AmqpMethod.QueueDeclareOk);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Before().HalfClose();

        client.Publish("", "q");
        Assert.Empty(await client.ReadToEndAsync());
        client.Publish("", "q");
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 2, RecordingDriver.Bound);

        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_broker_that_stops_reading_goes_on_when_released()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).StopReading();

        await driver.PublishAsync(1);
        await fault.WaitFiredAsync(RecordingDriver.Bound);
        await driver.PublishAsync(10);
        int whileStopped = broker.Queue("q")!.Messages;
        fault.Release();
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 11, RecordingDriver.Bound);

        Assert.Equal(1, whileStopped);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_broker_that_stopped_reading_can_be_disposed()
    {
        TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).StopReading();
        await driver.PublishAsync(1);
        await fault.WaitFiredAsync(RecordingDriver.Bound);

        await broker.DisposeAsync().AsTask().WaitAsync(RecordingDriver.Bound);

        await driver.ConnectionDownAsync();
    }

    [Fact]
    public async Task A_channel_is_closed_in_the_brokers_name_and_can_be_opened_again()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).CloseChannel(406, "PRECONDITION_FAILED - by a test");

        await driver.PublishAsync(1);
        await driver.AnswersAsync(1);
        await driver.PublishAsync(1);
        var reason = await driver.ChannelDownAsync();
        await using IChannel next = await driver.Connection.CreateChannelAsync();
        uint messages = (await next.QueueDeclarePassiveAsync("q")).MessageCount;

        Assert.Equal((406, "PRECONDITION_FAILED - by a test", 60, 40), (reason.ReplyCode, reason.ReplyText, reason.ClassId, reason.MethodId));
        Assert.Equal(2u, messages);
        Assert.Equal(1, fault.Fired);
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task A_connection_is_closed_in_the_brokers_name()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).CloseConnection(320, "CONNECTION_FORCED - by a test");

        await driver.PublishAsync(1);
        var reason = await driver.ConnectionDownAsync();

        Assert.Equal((320, "CONNECTION_FORCED - by a test"), (reason.ReplyCode, reason.ReplyText));
        await broker.WaitForAsync(static b => b.Connections().Count == 0, RecordingDriver.Bound);
        Assert.Equal(1, fault.Fired);
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task Blocked_and_unblocked_reach_the_client()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle block = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(1).Instead().Block("no memory");
        FaultHandle unblock = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).Instead().Unblock();

        await driver.PublishAsync(2);

        Assert.Equal(["blocked no memory", "unblocked"], await driver.AnswersAsync(2));
        Assert.Equal((1, 1), (block.Fired, unblock.Fired));
    }

    [Fact]
    public async Task A_consumer_is_cancelled_at_its_second_delivery()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicDeliver).Nth(2).CancelConsumer();
        var consumer = new RecordingConsumer(driver.Channel);
        await driver.Channel.BasicConsumeAsync("q", autoAck: false, "tag", consumer);

        await driver.PublishAsync(3);

        Assert.Equal("tag", await consumer.Cancelled.Task.WaitAsync(RecordingDriver.Bound));
        await broker.WaitForAsync(static b => b.Queue("q")?.Consumers == 0, RecordingDriver.Bound);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_call_happens_at_the_frame_and_sees_it()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        List<string?> seen = [];
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Times(2).Call(entry => seen.Add(entry.MessageId));

        await driver.PublishAsync(3);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 3, RecordingDriver.Bound);

        Assert.Equal(["1", "2"], seen);
        Assert.Equal(2, fault.Fired);
    }

    [Fact]
    public async Task Each_way_not_to_serve_a_connection_is_felt_and_the_next_one_is_served()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        FaultHandle[] faults =
        [
            broker.Faults.AtConnect().Refuse(),
            broker.Faults.AtConnect().AcceptThenClose(),
            broker.Faults.AtConnect().Answer("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()),
        ];
        foreach (FaultHandle _ in faults)
        {
            await Assert.ThrowsAsync<BrokerUnreachableException>(() => RecordingDriver.ConnectAsync(broker));
        }

        FaultHandle silence = broker.Faults.AtConnect().AcceptThenSilence();
        Task<RecordingDriver> connecting = RecordingDriver.ConnectAsync(broker);
        await silence.WaitFiredAsync(RecordingDriver.Bound);
        Assert.False(connecting.IsCompleted);
        silence.Release();
        await using RecordingDriver driver = await connecting;

        Assert.All([.. faults, silence], static fault => Assert.Equal(1, fault.Fired));
    }

    [Fact]
    public async Task A_trigger_looks_at_connection_channel_and_condition()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver first = await RecordingDriver.ConnectAsync(broker);
        await using RecordingDriver second = await RecordingDriver.ConnectAsync(broker);
        FaultHandle connection = broker.Faults.FromClient(AmqpMethod.BasicPublish).OnConnection(2).Always().Call(static _ => { });
        FaultHandle channel = broker.Faults.FromClient(AmqpMethod.BasicPublish).OnChannel(2).Always().Call(static _ => { });
        FaultHandle condition = broker.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "2").Always().Call(static _ => { });

        await first.PublishAsync(3);
        await second.PublishAsync(1);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 4, RecordingDriver.Bound);

        Assert.Equal((1, 0, 1), (connection.Fired, channel.Fired, condition.Fired));
    }

    [Fact]
    public async Task A_cancelled_fault_fires_no_more_and_lets_go()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicAck).Always().Hold();
        await driver.PublishAsync(1);
        await fault.WaitFiredAsync(RecordingDriver.Bound);

        fault.Cancel();
        await driver.PublishAsync(1);

        Assert.Equal(["ack 1", "ack 2"], await driver.AnswersAsync(2));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task Waiting_for_a_fault_that_does_not_happen_says_which()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicNack).Drop();

        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(() => fault.WaitFiredAsync(TimeSpan.FromMilliseconds(1)));

        Assert.Contains("drop Instead FromBroker BasicNack", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_action_that_does_not_fit_its_trigger_is_refused()
    {
        await using TestBroker broker = await TestBroker.StartAsync();

        Assert.Throws<InvalidOperationException>(() => broker.Faults.FromClient(AmqpMethod.BasicPublish).CutAt(1));
        Assert.Throws<InvalidOperationException>(() => broker.Faults.FromBroker(AmqpMethod.BasicAck).Before().Drop());
        Assert.Throws<InvalidOperationException>(() => broker.Faults.FromBroker(AmqpMethod.BasicAck).LoseMessage());
    }

    private static async Task PublishUntilRefusedAsync(RecordingDriver driver)
    {
        try
        {
            while (true)
            {
                await driver.PublishAsync(1);
                await driver.RoundTripAsync();
            }
        }
        catch (Exception exception) when (exception is AlreadyClosedException or OperationInterruptedException or OperationCanceledException)
        {
            // As it must.
        }
    }

    private sealed class RecordingConsumer(IChannel channel) : AsyncDefaultBasicConsumer(channel)
    {
        public TaskCompletionSource<string> Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            Cancelled.TrySetResult(consumerTag);
            return Task.CompletedTask;
        }
    }
}
