using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>The driver's own consumer, which acknowledges each message or every so many with <c>multiple</c>: the best form by hand, as long as no handler is slow.</summary>
internal sealed class ConsumeDriver(int ackEvery, ushort prefetch) : IConsumeContender
{
    private IConnection? _connection;

    public string Text => ackEvery == 1 ? "driver, AsyncEventingBasicConsumer, ack each" : $"driver, AsyncEventingBasicConsumer, ack multiple every {ackEvery}";

    public async Task OpenAsync(string host, int port)
    {
        var factory = new ConnectionFactory { HostName = host, Port = port, AutomaticRecoveryEnabled = false, TopologyRecoveryEnabled = false };
        _connection = await factory.CreateConnectionAsync();
    }

    public async Task ConsumeAsync(string queue, int count)
    {
        await using IChannel channel = await _connection!.CreateChannelAsync();
        await channel.BasicQosAsync(0, prefetch, global: false);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int handled = 0;
        long bytes = 0;
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            bytes += delivery.Body.Length;
            handled++;
            if (ackEvery == 1)
            {
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            }
            else if (handled % ackEvery == 0 || handled == count)
            {
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: true);
            }

            if (handled == count)
            {
                done.SetResult();
            }
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        await done.Task;
        await channel.CloseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }
}
