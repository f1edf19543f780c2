using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

public sealed class DriverTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_message_is_published_confirmed_consumed_and_acknowledged()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await Connect(broker);
        await using IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.QueueDeclareAsync("orders", durable: true, exclusive: false, autoDelete: false);
        TaskCompletionSource<string> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        AsyncEventingBasicConsumer consumer = new(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            string body = Encoding.UTF8.GetString(delivery.Body.Span);
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            received.TrySetResult(body);
        };

        await channel.BasicPublishAsync("", "orders", mandatory: true, new BasicProperties(), Encoding.UTF8.GetBytes("hello"));
        Assert.Equal(1, broker.Queue("orders")!.Messages);
        await channel.BasicConsumeAsync("orders", autoAck: false, consumer);

        Assert.Equal("hello", await received.Task.WaitAsync(Bound));
        await broker.WaitForAsync(b => b.Queue("orders") is { Messages: 0, Unacked: 0, Consumers: 1 }, Bound);
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task A_missing_exchange_closes_the_channel_with_404()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await Connect(broker);
        await using IChannel channel = await connection.CreateChannelAsync();

        OperationInterruptedException exception = await Assert.ThrowsAsync<OperationInterruptedException>(() => channel.ExchangeDeclarePassiveAsync("nowhere"));

        Assert.Equal(404, exception.ShutdownReason!.ReplyCode);
        Assert.Equal("NOT_FOUND - no exchange 'nowhere' in vhost '/'", exception.ShutdownReason.ReplyText);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_with_403()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        ConnectionFactory factory = new() { HostName = broker.Host, Port = broker.Port, UserName = "guest", Password = "wrong" };

        BrokerUnreachableException exception = await Assert.ThrowsAsync<BrokerUnreachableException>(() => factory.CreateConnectionAsync());

        Assert.Contains("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN", exception.InnerException!.Message, StringComparison.Ordinal);
    }

    private static Task<IConnection> Connect(TestBroker broker) =>
        new ConnectionFactory { HostName = broker.Host, Port = broker.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
}
