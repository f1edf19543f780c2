using System.Globalization;
using ResilientRabbit.Consuming;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>Writes down the frames instead of sending them: <c>ack 3</c>, <c>ack ..7</c> (multiple), <c>requeue 4</c>, <c>reject 4</c>.</summary>
internal sealed class RecordingAckChannel : IAckChannel
{
    private readonly List<string> _frames = [];

    public Func<string, ValueTask>? OnSend { get; set; }

    public IReadOnlyList<string> Frames => _frames;

    public ValueTask AckAsync(ulong deliveryTag, bool multiple) => SendAsync(string.Create(CultureInfo.InvariantCulture, $"ack {(multiple ? ".." : "")}{deliveryTag}"));

    public ValueTask ReturnAsync(ulong deliveryTag, bool requeue) => SendAsync(string.Create(CultureInfo.InvariantCulture, $"{(requeue ? "requeue" : "reject")} {deliveryTag}"));

    private async ValueTask SendAsync(string frame)
    {
        if (OnSend is { } send)
        {
            await send(frame);
        }

        _frames.Add(frame);
    }
}
