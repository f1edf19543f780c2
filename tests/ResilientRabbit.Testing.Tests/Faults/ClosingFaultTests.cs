using RabbitMQ.Client;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Faults;

/// <summary>What faults say in the broker's name, seen by RabbitMQ.Client.</summary>
public sealed class ClosingFaultTests
{
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
    public async Task A_closed_connection_says_nothing_more_but_close_ok()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await ConfirmingAsync(broker.Port);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).CloseConnection(320, "CONNECTION_FORCED - by a test");

        PublishInOneWrite(client, 5);
        client.Send(0, default(AmqpConnection.CloseOk));

        Assert.Equal([AmqpMethod.ConnectionClose], await MethodsAsync(client));
        Assert.Equal(1, fault.Fired);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_closed_channel_says_nothing_more_until_it_is_opened_anew(bool byProxy)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using WireClient client = await ConfirmingAsync(byProxy ? proxy.Port : broker.Port);
        FaultHandle fault = (byProxy ? proxy.Faults : broker.Faults).FromClient(AmqpMethod.BasicPublish).Nth(2).CloseChannel(406, "PRECONDITION_FAILED - by a test");

        PublishInOneWrite(client, 5);
        client.Send(1, default(AmqpChannel.CloseOk));
        client.Send(1, new AmqpChannel.Open());
        client.Send(0, new AmqpConnection.Close(200, "", 0, 0));

        Assert.Equal([AmqpMethod.ChannelClose, AmqpMethod.ChannelOpenOk, AmqpMethod.ConnectionCloseOk], await MethodsAsync(client));
        Assert.Equal(1, fault.Fired);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_confirm_that_was_put_off_is_not_said_on_a_channel_that_a_fault_has_closed_meanwhile(bool byProxy)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using WireClient client = await ConfirmingAsync(byProxy ? proxy.Port : broker.Port);
        FaultSet faults = byProxy ? proxy.Faults : broker.Faults;
        FaultHandle late = faults.FromClient(AmqpMethod.BasicPublish).LoseConfirm(Confirm.Ack, afterFrames: 4);
        FaultHandle close = faults.FromClient(AmqpMethod.BasicPublish).Nth(2).CloseChannel(406, "PRECONDITION_FAILED - by a test");
        PublishInOneWrite(client, 1);

        // The answer to a later request: the confirm has come as far as the fault that keeps it. It is due after the channel's end.
        client.DeclareQueue("q");
        await client.ExpectAsync(AmqpMethod.QueueDeclareOk);
        PublishInOneWrite(client, 4);
        client.Send(1, default(AmqpChannel.CloseOk));
        client.Send(1, new AmqpChannel.Open());
        client.Send(0, new AmqpConnection.Close(200, "", 0, 0));

        Assert.Equal([AmqpMethod.ChannelClose, AmqpMethod.ChannelOpenOk, AmqpMethod.ConnectionCloseOk], await MethodsAsync(client));
        Assert.Equal((1, 1), (late.Fired, close.Fired));
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

    private static async Task<WireClient> ConfirmingAsync(int port)
    {
        WireClient client = await WireClient.OpenAsync("127.0.0.1", port);
        client.DeclareQueue("q");
        await client.ExpectAsync(AmqpMethod.QueueDeclareOk);
        client.Send(1, new AmqpConfirm.Select(NoWait: false));
        await client.ExpectAsync(AmqpMethod.ConfirmSelectOk);
        return client;
    }

    // In one burst, of which the broker answers the rest after the fault has spoken.
    private static void PublishInOneWrite(WireClient client, int count)
    {
        using WireWriter writer = new();
        for (int number = 0; number < count; number++)
        {
            writer.WriteContent(1, new AmqpBasic.Publish("", "q", Mandatory: false, Immediate: false), new ContentProperties().ToBytes(), "body"u8, 131072);
        }

        client.Write(writer.Written.Span);
    }

    private static async Task<List<AmqpMethod>> MethodsAsync(WireClient client)
    {
        List<AmqpMethod> methods = [];
        while (await client.ReadAsync() is { } command)
        {
            methods.Add(command.Method);
        }

        return methods;
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
