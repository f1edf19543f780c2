using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.Benchmarks.Wire;
using ResilientRabbit.Connections;
using ResilientRabbit.Publishing;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>
/// A study, not a product: connection, channel and acks are the driver's, but the frames of a publish go straight into the SDK's stream, past the
/// driver's serialiser, semaphore, queue and write loop. Every message has a message-id, the x-publish-id header and an awaitable of its own.
/// It shows how much of the cost is the driver's publish call.
/// </summary>
internal sealed class DirectFrames(RunSettings settings) : IContender
{
    private const int MessagesPerWrite = 64;

    private readonly MessageIds _ids = new();
    private readonly Entry[] _ring = [.. Enumerable.Range(0, settings.Window).Select(static _ => new Entry())];
    private readonly byte[] _template = PublishFrames.Encode(settings, likeOurs: true);
    private TransportClient? _transport;
    private IConnection? _connection;
    private IChannel? _channel;
    private byte[] _buffer = [];
    private int _filled;
    private long _sent;
    private long _confirmed;

    public async Task OpenAsync()
    {
        var factory = new ConnectionFactory
        {
            HostName = settings.Host,
            Port = settings.Port,
            AutomaticRecoveryEnabled = false,
            SocketFactory = family => _transport = new TransportClient(family, TimeSpan.FromSeconds(10), TimeProvider.System),
        };
        _connection = await factory.CreateConnectionAsync();
        _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false));
        _channel.BasicAcksAsync += OnAckAsync;
        _buffer = new byte[_template.Length * MessagesPerWrite];
    }

    public async Task PublishAsync(int count, LatencySamples? samples)
    {
        int window = settings.Window;
        var outstanding = new ValueTask<PublishReceipt>[window];
        for (int index = 0; index < count; index++)
        {
            int slot = index % window;
            if (index >= window)
            {
                if (!outstanding[slot].IsCompleted)
                {
                    await SendAsync();
                }

                await outstanding[slot];
            }

            outstanding[slot] = samples is not null && LatencySamples.Takes(index) ? PublishTimedAsync(samples) : PublishOne();
            if (_filled == _buffer.Length)
            {
                await SendAsync();
            }
        }

        await SendAsync();
        for (int index = Math.Max(0, count - window); index < count; index++)
        {
            await outstanding[index % window];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel!.DisposeAsync();
        await _connection!.DisposeAsync();
    }

    private ValueTask<PublishReceipt> PublishOne()
    {
        long tag = ++_sent;
        Span<byte> frame = _buffer.AsSpan(_filled, _template.Length);
        _template.CopyTo(frame);

        // Channel number and header value at their places: encoding in earnest writes as many bytes.
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], (ushort)_channel!.ChannelNumber);
        _filled += frame.Length;
        Entry entry = _ring[tag % _ring.Length];
        ValueTask<PublishReceipt> result = entry.Start(_ids.For(tag));
        return result;
    }

    private async ValueTask<PublishReceipt> PublishTimedAsync(LatencySamples samples)
    {
        long start = Stopwatch.GetTimestamp();
        PublishReceipt receipt = await PublishOne().ConfigureAwait(false);
        samples.AddSince(start);
        return receipt;
    }

    private ValueTask SendAsync()
    {
        if (_filled == 0)
        {
            return default;
        }

        ReadOnlyMemory<byte> bytes = _buffer.AsMemory(0, _filled);
        _filled = 0;
        return _transport!.Stream!.WriteAsync(bytes);
    }

    private Task OnAckAsync(object sender, BasicAckEventArgs args)
    {
        for (long tag = args.Multiple ? _confirmed + 1 : (long)args.DeliveryTag; tag <= (long)args.DeliveryTag; tag++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ring[tag % _ring.Length], preferLocal: false);
        }

        _confirmed = (long)args.DeliveryTag;
        return Task.CompletedTask;
    }

    private sealed class Entry : IValueTaskSource<PublishReceipt>, IThreadPoolWorkItem
    {
        private ManualResetValueTaskSourceCore<PublishReceipt> _core;
        private string _id = "";

        public ValueTask<PublishReceipt> Start(string id)
        {
            _id = id;
            return new ValueTask<PublishReceipt>(this, _core.Version);
        }

        public void Execute() => _core.SetResult(new PublishReceipt(_id, 1, 0));

        public PublishReceipt GetResult(short token)
        {
            PublishReceipt result = _core.GetResult(token);
            _core.Reset();
            return result;
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
            => _core.OnCompleted(continuation, state, token, flags);
    }
}
