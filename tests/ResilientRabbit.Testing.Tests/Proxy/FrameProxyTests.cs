using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.Testing.Tests.Faults;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Proxy;

public sealed class FrameProxyTests
{
    [Fact]
    public async Task Without_faults_a_client_does_not_notice_it()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);

        await driver.PublishAsync(200, bodySize: 20_000);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 200, RecordingDriver.Bound);
        var got = await driver.Channel.BasicGetAsync("q", autoAck: true);

        Assert.Equal(20_000, got!.Body.Length);
        Assert.Equal((1, 1), (proxy.ConnectionCount, proxy.AcceptedCount));
        Assert.Equal(200, proxy.Journal.Entries.Count(static entry => entry.Method == AmqpMethod.BasicPublish));
        Assert.Empty(proxy.Journal.FalseConfirms(Enumerable.Range(1, 200).Select(static number => $"{number}")));
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task Both_journals_tell_the_same_story()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using (RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port))
        {
            await driver.PublishAsync(3);
            await driver.AnswersAsync(1);
            await driver.RoundTripAsync();
        }

        string[] Story(FrameJournal journal, FrameDirection direction) =>
            [.. journal.Entries.Where(entry => entry.Direction == direction).Select(static entry => (entry with { Number = 0, Time = default }).ToString())];

        await proxy.Journal.WaitForAsync(static entry => entry.Method == AmqpMethod.ConnectionCloseOk, RecordingDriver.Bound);
        Assert.Equal(Story(broker.Journal, FrameDirection.FromClient), Story(proxy.Journal, FrameDirection.FromClient));
        Assert.Equal(Story(broker.Journal, FrameDirection.FromBroker), Story(proxy.Journal, FrameDirection.FromBroker));
    }

    [Fact]
    public async Task A_black_hole_answers_nobody_until_connections_are_accepted_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a full backlog does differs from system to system.");
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using FrameProxy beside = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver open = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);

        proxy.BlackHoleConnections();
        using Socket swallowed = new(SocketType.Stream, ProtocolType.Tcp);
        Task connecting = swallowed.ConnectAsync(IPAddress.Loopback, proxy.Port);
        using Socket welcome = new(SocketType.Stream, ProtocolType.Tcp);
        await welcome.ConnectAsync(IPAddress.Loopback, beside.Port).WaitAsync(RecordingDriver.Bound);

        // On loopback whoever is let in is so at once; and who is refused, too.
        Assert.False(connecting.IsCompleted);
        await open.PublishAsync(1);
        await open.AnswersAsync(1);
        Assert.Equal(1, proxy.AcceptedCount);

        proxy.AcceptConnections();
        await connecting.WaitAsync(RecordingDriver.Bound);
    }

    [Fact]
    public async Task A_confirm_is_lost_and_the_connection_reset_at_chosen_publishes()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);
        FaultHandle lost = proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(50).LoseConfirm();
        FaultHandle reset = proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(121).Instead().Reset();

        await driver.PublishAsync(120);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 120, RecordingDriver.Bound);
        await driver.RoundTripAsync();
        await driver.PublishAsync(1);
        await driver.ConnectionDownAsync();

        Assert.Equal(["50"], proxy.Journal.FalseConfirms(Enumerable.Range(1, 120).Select(static number => $"{number}")).Select(static wrong => wrong.MessageId));
        await broker.WaitForAsync(static b => b.Connections().Count == 0, RecordingDriver.Bound);
        Assert.Equal(120, broker.Queue("q")!.Messages);
        Assert.Equal((1, 1), (lost.Fired, reset.Fired));
    }

    [Fact]
    public async Task A_script_works_before_any_broker()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);
        proxy.OnPublish.Next(confirm: Confirm.Drop).Next(store: false).Next(confirm: Confirm.Nack);

        await driver.PublishAsync(3);

        Assert.Equal(["ack 2", "nack 3"], await driver.AnswersAsync(2));
        Assert.Equal(["1", "3"], broker.GetMessages("q").Select(static message => message.MessageId));
        Assert.Equal(3, proxy.OnPublish.Handle.Fired);
    }

    [Fact]
    public async Task A_channel_closed_by_the_proxy_is_closed_on_both_sides_and_can_be_opened_again()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);
        FaultHandle fault = proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).CloseChannel(404, "NOT_FOUND - by a test");

        await driver.PublishAsync(2);
        var reason = await driver.ChannelDownAsync();
        await using var next = await driver.Connection.CreateChannelAsync();
        uint messages = (await next.QueueDeclarePassiveAsync("q")).MessageCount;

        Assert.Equal((404, 2u), (reason.ReplyCode, messages));
        Assert.Equal(1, fault.Fired);
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task A_connection_closed_by_the_proxy_is_closed_on_both_sides()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);
        FaultHandle fault = proxy.Faults.FromClient(AmqpMethod.BasicPublish).CloseConnection(320, "CONNECTION_FORCED - by a test");

        await driver.PublishAsync(1);
        var reason = await driver.ConnectionDownAsync();

        Assert.Equal(320, reason.ReplyCode);
        await broker.WaitForAsync(static b => b.Connections().Count == 0, RecordingDriver.Bound);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_round_trip_takes_as_long_as_the_line_says()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);
        proxy.SetRoundTrip(TimeSpan.FromMilliseconds(80));
        proxy.FromBroker.Jitter = TimeSpan.FromMilliseconds(5);

        long start = Stopwatch.GetTimestamp();
        await driver.RoundTripAsync();
        TimeSpan far = Stopwatch.GetElapsedTime(start);
        await driver.PublishAsync(500);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 500, RecordingDriver.Bound);

        Assert.InRange(far, TimeSpan.FromMilliseconds(80), RecordingDriver.Bound);
        Assert.Equal(Enumerable.Range(1, 500).Select(static number => $"{number}"), broker.GetMessages("q").Select(static message => message.MessageId));
    }

    [Fact]
    public async Task A_narrow_line_takes_its_time()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);
        proxy.FromClient.BytesPerSecond = 1_000_000;

        long start = Stopwatch.GetTimestamp();
        await driver.PublishAsync(10, bodySize: 30_000);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 10, RecordingDriver.Bound);

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(290), RecordingDriver.Bound);
    }

    [Fact]
    public async Task Refused_and_accepted_again_on_the_same_port()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        int port = proxy.Port;

        proxy.RefuseConnections();
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => RecordingDriver.ConnectAsync(proxy.Host, port));
        proxy.AcceptConnections();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, port);

        Assert.Equal(port, proxy.Port);
        proxy.ResetConnections();
        await driver.ConnectionDownAsync();
    }

    [Fact]
    public async Task A_broker_that_is_down_is_a_connection_that_fails()
    {
        TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(proxy.Host, proxy.Port);

        await broker.DisposeAsync();

        await driver.ConnectionDownAsync();
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => RecordingDriver.ConnectAsync(proxy.Host, proxy.Port));
    }

    [Fact]
    public async Task What_is_not_AMQP_passes_as_it_is()
    {
        using var echo = new TcpListener(IPAddress.Loopback, 0);
        echo.Start();
        await using FrameProxy proxy = FrameProxy.Start("127.0.0.1", ((IPEndPoint)echo.LocalEndpoint).Port);
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Host, proxy.Port);
        using TcpClient server = await echo.AcceptTcpClientAsync();
        byte[] sent = new byte[300_000];
        Random.Shared.NextBytes(sent);
        sent[0] = 0x16;

        Task sending = client.GetStream().WriteAsync(sent).AsTask();
        byte[] received = new byte[sent.Length];
        await server.GetStream().ReadExactlyAsync(received).AsTask().WaitAsync(RecordingDriver.Bound);
        await sending;
        await server.GetStream().WriteAsync("answer"u8.ToArray());
        byte[] answer = new byte[6];
        await client.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(RecordingDriver.Bound);
        client.Client.Shutdown(SocketShutdown.Send);

        Assert.Equal(sent, received);
        Assert.Equal("answer"u8.ToArray(), answer);
        Assert.Equal(0, await server.GetStream().ReadAsync(answer).AsTask().WaitAsync(RecordingDriver.Bound));
        Assert.Empty(proxy.Journal.Entries);
    }

    [Fact]
    public async Task An_answer_in_another_protocol_reaches_the_client()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using FrameProxy proxy = FrameProxy.Start(broker.Host, broker.Port);
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Host, proxy.Port);

        await client.GetStream().WriteAsync("AMQP\x03\x01\x00\x00"u8.ToArray());
        byte[] answer = new byte[8];
        await client.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(RecordingDriver.Bound);

        Assert.Equal("AMQP\x00\x00\x09\x01"u8.ToArray(), answer);
        Assert.Equal(0, await client.GetStream().ReadAsync(answer).AsTask().WaitAsync(RecordingDriver.Bound));
    }
}
