using RabbitMQ.Client.Exceptions;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Faults;

/// <summary>Where and when a fault fires, and how its handle tells and ends it.</summary>
public sealed class TriggerTests
{
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
}
