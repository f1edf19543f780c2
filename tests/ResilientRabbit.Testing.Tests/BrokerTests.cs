using System.Net.Sockets;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

public sealed class BrokerTests
{
    [Fact]
    public async Task A_restart_keeps_what_is_durable_and_persistent_and_nothing_else()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        int port = broker.Port;
        await using (IConnection connection = await PlainDriver.ConnectAsync(broker))
        {
            await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
            await PlainDriver.DeclareAsync(channel, "durable");
            await channel.QueueDeclareAsync("transient", durable: false, exclusive: false, autoDelete: false);
            await channel.ExchangeDeclareAsync("x", "fanout", durable: false);
            await PlainDriver.PublishAsync(channel, "durable", "kept");
            await PlainDriver.PublishAsync(channel, "durable", "lost", persistent: false);
            Assert.NotNull(await channel.BasicGetAsync("durable", autoAck: false));

            await broker.KillAsync();
        }

        await Assert.ThrowsAsync<BrokerUnreachableException>(() => PlainDriver.ConnectAsync(broker));
        await broker.RestartAsync();

        Assert.Equal(port, broker.Port);
        BrokerMessage message = Assert.Single(broker.GetMessages("durable"));
        Assert.Equal("kept", Encoding.UTF8.GetString(message.Body.Span));
        Assert.True(message.Redelivered);
        Assert.Null(broker.Queue("transient"));
        Assert.DoesNotContain(broker.Exchanges(), static exchange => exchange.Name is "x");
        await using IConnection again = await PlainDriver.ConnectAsync(broker);
        Assert.True(again.IsOpen);
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task A_frozen_broker_accepts_at_TCP_level_and_says_nothing()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        await using IChannel channel = await connection.CreateChannelAsync();
        await broker.FreezeAsync();

        Task<QueueDeclareOk> declare = channel.QueueDeclareAsync("q", durable: false, exclusive: false, autoDelete: false);
        using TcpClient client = new();
        await client.ConnectAsync(broker.Host, broker.Port).WaitAsync(PlainDriver.Bound);
        await client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
        Task<int> read = client.GetStream().ReadAsync(new byte[1]).AsTask();
        Assert.False(declare.IsCompleted);
        Assert.Null(broker.Queue("q"));

        await broker.ThawAsync();
        await declare.WaitAsync(PlainDriver.Bound);
        Assert.Equal(1, await read.WaitAsync(PlainDriver.Bound));
    }

    [Fact]
    public async Task An_alarm_blocks_publishers_and_nobody_else()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection publishing = await PlainDriver.ConnectAsync(broker);
        await using IConnection asking = await PlainDriver.ConnectAsync(broker);
        await using IChannel publisher = await PlainDriver.ConfirmingAsync(publishing);
        await using IChannel other = await asking.CreateChannelAsync();
        await PlainDriver.DeclareAsync(publisher, "q");
        TaskCompletionSource<string> blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource unblocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        publishing.ConnectionBlockedAsync += (_, args) =>
        {
            blocked.TrySetResult(args.Reason);
            return Task.CompletedTask;
        };
        publishing.ConnectionUnblockedAsync += (_, _) =>
        {
            unblocked.TrySetResult();
            return Task.CompletedTask;
        };

        await broker.BlockAsync("low on disk");
        Task publish = PlainDriver.PublishAsync(publisher, "q", "m").AsTask();

        Assert.Equal("low on disk", await blocked.Task.WaitAsync(PlainDriver.Bound));
        Assert.Equal(0u, (await other.QueueDeclarePassiveAsync("q")).MessageCount);
        Assert.False(publish.IsCompleted);
        Assert.Single(broker.Connections(), static connection => connection.IsBlocked);

        await broker.UnblockAsync();
        await unblocked.Task.WaitAsync(PlainDriver.Bound);
        await publish.WaitAsync(PlainDriver.Bound);
        Assert.Equal(1, broker.Queue("q")!.Messages);
    }

    [Fact]
    public async Task Closing_all_connections_says_320()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        TaskCompletionSource<ShutdownEventArgs> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, args) =>
        {
            closed.TrySetResult(args);
            return Task.CompletedTask;
        };

        // The driver reports success before connection.open-ok (its issue 1999).
        await broker.WaitForAsync(static b => b.Connections() is [{ IsOpen: true }], PlainDriver.Bound);
        await broker.CloseAllConnectionsAsync("node maintenance");

        ShutdownEventArgs reason = await closed.Task.WaitAsync(PlainDriver.Bound);
        Assert.Equal(320, reason.ReplyCode);
        Assert.Equal("CONNECTION_FORCED - node maintenance", reason.ReplyText);
        await broker.WaitForAsync(static b => b.Connections().Count == 0, PlainDriver.Bound);
    }

    [Fact]
    public async Task A_time_to_live_runs_out_by_itself_and_by_a_word_of_the_test()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "dead");
        await PlainDriver.DeclareAsync(channel, "short", ("x-message-ttl", 50), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        await PlainDriver.DeclareAsync(channel, "long", ("x-message-ttl", 3_600_000), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));

        await PlainDriver.PublishAsync(channel, "short", "1");
        await broker.WaitForAsync(static b => b.Queue("dead")!.Messages == 1, PlainDriver.Bound);
        await PlainDriver.PublishAsync(channel, "long", "2");
        Assert.Equal(1, broker.Queue("long")!.Messages);
        await broker.AdvanceAsync(TimeSpan.FromHours(2));

        Assert.Equal(["1", "2"], PlainDriver.Bodies(broker, "dead"));
    }

    [Fact]
    public async Task Words_of_the_test_publish_cancel_and_delete()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        await using IChannel channel = await connection.CreateChannelAsync();
        await PlainDriver.DeclareAsync(channel, "q");
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        AsyncEventingBasicConsumer consumer = new(channel);
        consumer.UnregisteredAsync += (_, _) =>
        {
            cancelled.TrySetResult();
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync("q", autoAck: false, consumer);

        Assert.Equal(1, await broker.PublishAsync("q", Encoding.UTF8.GetBytes("m")));
        Assert.Equal(0, await broker.PublishAsync("nowhere", Encoding.UTF8.GetBytes("m")));
        Assert.Equal(1, broker.Queue("q")!.Unacked);
        Assert.Equal(1, await broker.CancelConsumersAsync("q"));
        await cancelled.Task.WaitAsync(PlainDriver.Bound);
        Assert.True(await broker.DeleteQueueAsync("q"));
        Assert.False(await broker.DeleteQueueAsync("q"));
    }

    [Fact]
    public async Task A_wait_that_is_not_fulfilled_ends_with_a_time_out_and_a_failing_condition_with_its_exception()
    {
        await using TestBroker broker = await TestBroker.StartAsync();

        await Assert.ThrowsAsync<TimeoutException>(() => broker.WaitForAsync(static b => b.Queue("q") is not null, TimeSpan.FromMilliseconds(20)));
        Task waiting = broker.WaitForAsync(static b => b.Queues().Count > 0 ? throw new InvalidOperationException("mine") : false, PlainDriver.Bound);
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        await using IChannel channel = await connection.CreateChannelAsync();
        await PlainDriver.DeclareAsync(channel, "q");

        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidOperationException>(() => waiting)).Message);
    }

    [Fact]
    public async Task Rights_are_patterns_and_refusals_name_the_entity()
    {
        TestBrokerOptions options = new();
        options.Users.Add(new TestBrokerUser("app", "secret", Configure: "^app\\.", Write: "^app\\.|^amq\\.default$", Read: "^$"));
        options.Users.Add(new TestBrokerUser("nobody", "secret") { VirtualHosts = [] });
        await using TestBroker broker = await TestBroker.StartAsync(options);
        await using IConnection connection = await PlainDriver.ConnectAsync(broker, static factory => (factory.UserName, factory.Password) = ("app", "secret"));

        await Refused(connection, static channel => PlainDriver.DeclareAsync(channel, "other"), "access to queue 'other' in vhost '/' refused for user 'app'");
        await Refused(connection, static channel => channel.BasicGetAsync("app.q", autoAck: true), "access to queue 'app.q' in vhost '/' refused for user 'app'");
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "app.q");
        await PlainDriver.PublishAsync(channel, "app.q", "m");

        // The driver reports success before connection.open-ok (its issue 1999): the refusal comes with one or the other call.
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using IConnection refused = await PlainDriver.ConnectAsync(broker, static factory => (factory.UserName, factory.Password) = ("nobody", "secret"));
            await using IChannel nothing = await refused.CreateChannelAsync();
        });
        Assert.Contains("NOT_ALLOWED - access to vhost '/' refused for user 'nobody'", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_can_be_looked_at()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker, static factory => factory.ClientProvidedName = "looked at");
        await using IChannel channel = await connection.CreateChannelAsync();

        ConnectionInfo seen = Assert.Single(broker.Connections());
        Assert.Equal("looked at", seen.ClientProvidedName);
        Assert.Equal("guest", seen.UserName);
        Assert.Equal(1, seen.Channels);
        Assert.True(seen.IsOpen);
    }

    [Fact]
    public async Task A_thousand_brokers_leave_nothing_behind()
    {
        List<WeakReference> brokers = [];
        for (int i = 0; i < 1000; i++)
        {
            brokers.Add(await StartAndStopAsync());
        }

        if (OperatingSystem.IsLinux())
        {
            // Other tests run beside this one and have sockets of their own; a leak would be a thousand.
            Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, 500);
        }

        // What a socket's last callback still holds goes with the next collection; a leak would be a thousand here, too.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(brokers.Count(static broker => broker.IsAlive), 0, 10);
    }

    private static async Task<WeakReference> StartAndStopAsync()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using TcpClient client = new();
        await client.ConnectAsync(broker.Host, broker.Port);
        await client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
        Assert.Equal(1, await client.GetStream().ReadAsync(new byte[1]));
        return new WeakReference(broker);
    }

    private static async Task Refused(IConnection connection, Func<IChannel, Task> action, string text)
    {
        await using IChannel channel = await connection.CreateChannelAsync();
        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(() => action(channel));
        Assert.Equal(403, exception.ShutdownReason!.ReplyCode);
        Assert.Equal($"ACCESS_REFUSED - {text}", exception.ShutdownReason.ReplyText);
    }
}
