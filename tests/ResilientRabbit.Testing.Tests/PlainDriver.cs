using System.Text;
using RabbitMQ.Client;

namespace ResilientRabbit.Testing.Tests;

/// <summary>The driver without its recovery, as tests of the broker use it.</summary>
internal static class PlainDriver
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static Task<IConnection> ConnectAsync(TestBroker broker, Action<ConnectionFactory>? configure = null)
    {
        ConnectionFactory factory = new() { HostName = broker.Host, Port = broker.Port, AutomaticRecoveryEnabled = false, TopologyRecoveryEnabled = false };
        configure?.Invoke(factory);
        return factory.CreateConnectionAsync();
    }

    public static Task<IChannel> ConfirmingAsync(IConnection connection) => connection.CreateChannelAsync(new CreateChannelOptions(true, true));

    public static Task DeclareAsync(IChannel channel, string queue, params (string Key, object? Value)[] arguments) => channel.QueueDeclareAsync(
        queue, durable: true, exclusive: false, autoDelete: false, arguments.ToDictionary(static argument => argument.Key, static argument => argument.Value));

    public static ValueTask PublishAsync(IChannel channel, string queue, string body, bool persistent = true) => channel.BasicPublishAsync(
        "", queue, mandatory: true, new BasicProperties { Persistent = persistent }, Encoding.UTF8.GetBytes(body));

    public static IEnumerable<string> Bodies(TestBroker broker, string queue) => broker.GetMessages(queue).Select(static message => Encoding.UTF8.GetString(message.Body.Span));
}
