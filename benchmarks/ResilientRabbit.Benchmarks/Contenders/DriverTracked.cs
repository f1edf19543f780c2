using System.Diagnostics;
using RabbitMQ.Client;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>The driver as its documentation proposes it: built-in confirmation tracking, no rate limiter, a window of outstanding publishes (1: await each).</summary>
internal sealed class DriverTracked(RunSettings settings, int window) : IContender
{
    private readonly byte[] _body = new byte[settings.BodySize];
    private IConnection? _connection;
    private IChannel? _channel;

    public async Task OpenAsync()
    {
        var factory = new ConnectionFactory { HostName = settings.Host, Port = settings.Port, AutomaticRecoveryEnabled = false };
        _connection = await factory.CreateConnectionAsync();
        _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
    }

    public async Task PublishAsync(int count, LatencySamples? samples)
    {
        var outstanding = new ValueTask[window];
        for (int index = 0; index < count; index++)
        {
            int slot = index % window;
            if (index >= window)
            {
                await outstanding[slot];
            }

            outstanding[slot] = samples is not null && LatencySamples.Takes(index) ? PublishTimedAsync(samples) : PublishOneAsync();
        }

        for (int index = Math.Max(0, count - window); index < count; index++)
        {
            await outstanding[index % window];
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Either is missing when the target could not be reached; that is what is to be told then.
        await (_channel?.DisposeAsync() ?? default);
        await (_connection?.DisposeAsync() ?? default);
    }

    // A new object each time: the driver writes its sequence number into the caller's.
    private ValueTask PublishOneAsync()
        => _channel!.BasicPublishAsync(settings.Exchange, settings.RoutingKey, settings.Mandatory, new BasicProperties { Persistent = true }, _body);

    private async ValueTask PublishTimedAsync(LatencySamples samples)
    {
        long start = Stopwatch.GetTimestamp();
        await PublishOneAsync().ConfigureAwait(false);
        samples.AddSince(start);
    }
}
