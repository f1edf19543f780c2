using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>How the SDK is called.</summary>
internal enum OurStyle
{
    Pipelined,
    Each,
    Callers,
    Batches,
}

/// <summary>The SDK: a window of outstanding awaits, a thousand callers that each await, or batches of ten thousand.</summary>
internal sealed class Ours : IContender
{
    private const int Callers = 1000;
    private const int BatchSize = 10_000;
    private const int OrderingKeys = 64;

    private readonly RunSettings _settings;
    private readonly int _outstanding;
    private readonly OurStyle _style;
    private readonly RabbitClient _client;
    private readonly OutboundMessage[] _messages;
    private int _next;

    /// <param name="settings">What is done.</param>
    /// <param name="style">How the SDK is called.</param>
    /// <param name="lanes">Lanes of the publisher.</param>
    /// <param name="connections">Connections of the publisher.</param>
    /// <param name="pending">Outstanding calls, and the publisher's limit; null is the benchmark's window and the default limit.</param>
    /// <param name="isAdaptive">Whether the window is searched.</param>
    public Ours(RunSettings settings, OurStyle style, int lanes, int connections, int? pending = null, bool isAdaptive = false)
    {
        _settings = settings;
        _outstanding = style == OurStyle.Each ? 1 : pending ?? settings.Window;
        _style = style;
        var options = new ResilientRabbitOptions { Port = settings.Port };
        options.Endpoints.Add(settings.Host);
        options.Publisher.Lanes = lanes;
        options.Publisher.Connections = connections;
        options.Publisher.InFlightWindow = Math.Max(settings.Window, options.Publisher.InFlightWindow);
        options.Publisher.AdaptiveWindow = isAdaptive;
        options.Publisher.Mandatory = settings.Mandatory;
        options.Publisher.MaxPendingMessages = pending is { } limit ? Math.Max(limit, settings.Window) * 2 : options.Publisher.MaxPendingMessages;
        _client = new RabbitClient(options);
        byte[] body = new byte[settings.BodySize];
        _messages = [.. Enumerable.Range(0, OrderingKeys).Select(key => new OutboundMessage
        {
            Exchange = settings.Exchange,
            RoutingKey = settings.RoutingKey,
            Body = body,

            // Over the lanes, as the traffic of many keys would be.
            OrderingKey = lanes == 1 ? null : key.ToString(CultureInfo.InvariantCulture),
        })];
    }

    public Task OpenAsync() => _client.ConnectAsync();

    public Task PublishAsync(int count, LatencySamples? samples) => _style switch
    {
        OurStyle.Pipelined or OurStyle.Each => PipelineAsync(count, samples),
        OurStyle.Callers => CallAsync(count, samples),
        _ => BatchAsync(count, samples),
    };

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async Task PipelineAsync(int count, LatencySamples? samples)
    {
        int window = _outstanding;
        var outstanding = new ValueTask<PublishReceipt>[window];
        for (int index = 0; index < count; index++)
        {
            int slot = index % window;
            if (index >= window)
            {
                await outstanding[slot];
            }

            outstanding[slot] = samples is not null && LatencySamples.Takes(index) ? PublishTimedAsync(index, samples) : PublishOneAsync(index);
        }

        for (int index = Math.Max(0, count - window); index < count; index++)
        {
            await outstanding[index % window];
        }
    }

    private async Task CallAsync(int count, LatencySamples? samples)
    {
        _next = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => CallOneByOneAsync(count, samples)));
    }

    private async Task CallOneByOneAsync(int count, LatencySamples? samples)
    {
        await Task.Yield();
        while (Interlocked.Increment(ref _next) - 1 is int index && index < count)
        {
            if (samples is not null && LatencySamples.Takes(index))
            {
                await PublishTimedAsync(index, samples);
            }
            else
            {
                await PublishOneAsync(index);
            }
        }
    }

    private async Task BatchAsync(int count, LatencySamples? samples)
    {
        OutboundMessage[] batch = [.. Enumerable.Range(0, BatchSize).Select(index => _messages[index % OrderingKeys])];
        for (int done = 0; done < count; done += BatchSize)
        {
            long start = Stopwatch.GetTimestamp();
            PublishBatchResult result = await _client.Publisher.PublishBatchAsync(batch);
            samples?.AddSince(start);
            if (!result.AllConfirmed)
            {
                throw new InvalidOperationException("Not every message of the batch was confirmed.");
            }
        }
    }

    private ValueTask<PublishReceipt> PublishOneAsync(int index) => _client.Publisher.PublishAsync(_messages[index % OrderingKeys]);

    private async ValueTask<PublishReceipt> PublishTimedAsync(int index, LatencySamples samples)
    {
        long start = Stopwatch.GetTimestamp();
        ValueTask<PublishReceipt> task = PublishOneAsync(index);
        samples.AddCallSince(start);
        PublishReceipt receipt = await task.ConfigureAwait(false);
        samples.AddSince(start);
        return receipt;
    }
}
