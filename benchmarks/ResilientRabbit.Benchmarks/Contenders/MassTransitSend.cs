using System.Diagnostics;
using MassTransit;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>MassTransit with its defaults, sending to a queue with a window of outstanding sends. Its message is an envelope in JSON round the body.</summary>
internal sealed class MassTransitSend(RunSettings settings) : IContender
{
    private readonly Body _body = new() { Bytes = new byte[settings.BodySize] };
    private IBusControl? _bus;
    private ISendEndpoint? _endpoint;

    public async Task OpenAsync()
    {
        _bus = Bus.Factory.CreateUsingRabbitMq(bus => bus.Host(settings.Host, (ushort)settings.Port, "/", static _ => { }));
        await _bus.StartAsync();
        _endpoint = await _bus.GetSendEndpoint(new Uri($"queue:{settings.RoutingKey}"));
    }

    public async Task PublishAsync(int count, LatencySamples? samples)
    {
        var outstanding = new Task[settings.Window];
        for (int index = 0; index < count; index++)
        {
            int slot = index % outstanding.Length;
            if (index >= outstanding.Length)
            {
                await outstanding[slot];
            }

            outstanding[slot] = samples is not null && LatencySamples.Takes(index) ? SendTimedAsync(samples) : _endpoint!.Send(_body);
        }

        for (int index = Math.Max(0, count - outstanding.Length); index < count; index++)
        {
            await outstanding[index % outstanding.Length];
        }
    }

    public async ValueTask DisposeAsync() => await _bus!.StopAsync();

    private async Task SendTimedAsync(LatencySamples samples)
    {
        long start = Stopwatch.GetTimestamp();
        await _endpoint!.Send(_body).ConfigureAwait(false);
        samples.AddSince(start);
    }
}

/// <summary>MassTransit sends objects.</summary>
internal sealed class Body
{
    public byte[] Bytes { get; set; } = [];
}
