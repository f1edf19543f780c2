using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>The driver tuned by hand: confirms without tracking, acks only counted, one properties object for all. Knows no outcome of a single message.</summary>
internal sealed class DriverUntracked(RunSettings settings) : IContender
{
    private readonly byte[] _body = new byte[settings.BodySize];
    private readonly BasicProperties _properties = new() { Persistent = true, Headers = new Dictionary<string, object?>(StringComparer.Ordinal) };
    private readonly long[] _sentAt = new long[settings.Window / LatencySamples.Every + 2];
    private readonly SemaphoreSlim _progress = new(0);
    private IConnection? _connection;
    private IChannel? _channel;
    private LatencySamples? _samples;
    private long _sent;
    private long _confirmed;
    private long _timed;

    public async Task OpenAsync()
    {
        var factory = new ConnectionFactory { HostName = settings.Host, Port = settings.Port, AutomaticRecoveryEnabled = false };
        _connection = await factory.CreateConnectionAsync();
        _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false));
        _channel.BasicAcksAsync += OnAckAsync;
    }

    public async Task PublishAsync(int count, LatencySamples? samples)
    {
        _samples = samples;
        for (int index = 0; index < count; index++)
        {
            while (_sent - Volatile.Read(ref _confirmed) >= settings.Window)
            {
                await _progress.WaitAsync();
            }

            _sent++;
            if (_sent % LatencySamples.Every == 0)
            {
                Volatile.Write(ref _sentAt[_sent / LatencySamples.Every % _sentAt.Length], Stopwatch.GetTimestamp());
            }

            await _channel!.BasicPublishAsync(settings.Exchange, settings.RoutingKey, settings.Mandatory, _properties, _body);
        }

        while (Volatile.Read(ref _confirmed) < _sent)
        {
            await _progress.WaitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel!.DisposeAsync();
        await _connection!.DisposeAsync();
        _progress.Dispose();
    }

    private Task OnAckAsync(object sender, BasicAckEventArgs args)
    {
        // A single ack may overtake: with a window that stays full until the last answer, counting is enough.
        long tag = (long)args.DeliveryTag;
        long confirmed = args.Multiple ? Math.Max(tag, _confirmed) : _confirmed + 1;
        Volatile.Write(ref _confirmed, confirmed);
        for (; _timed + LatencySamples.Every <= confirmed; _timed += LatencySamples.Every)
        {
            _samples?.AddSince(Volatile.Read(ref _sentAt[(_timed / LatencySamples.Every + 1) % _sentAt.Length]));
        }

        if (_progress.CurrentCount == 0)
        {
            _progress.Release();
        }

        return Task.CompletedTask;
    }
}
