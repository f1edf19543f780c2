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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fault_that_is_taken_back_while_it_fires_keeps_nothing(bool stalls)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle? fault = null;
        FaultTrigger trigger = broker.Faults.FromBroker(AmqpMethod.BasicAck).Where(_ =>
        {
            fault!.Cancel();
            return true;
        });
        fault = stalls ? trigger.Stall() : trigger.Hold();

        await driver.PublishAsync(1);

        Assert.Equal(["ack 1"], await driver.AnswersAsync(1));
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
}
