using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>Sends the settlements of one channel between the driver's frames, in the order of the calls, and none once the driver has begun to close the channel.</summary>
internal sealed class SettlementSender : IAckChannel
{
    private readonly TransportSender _sender;
    private readonly int _channel;
    private readonly int _stamp;

    /// <param name="sender">The connection's.</param>
    /// <param name="channel">The number of a channel that is open; whose end is looked for after this.</param>
    public SettlementSender(TransportSender sender, int channel)
    {
        _sender = sender;
        _channel = channel;
        _stamp = sender.StampOf(channel);
    }

    public ValueTask AckAsync(ulong deliveryTag, bool multiple)
    {
        Span<byte> frame = stackalloc byte[SettlementFrame.Size];
        SettlementFrame.WriteAck(frame, _channel, deliveryTag, multiple);
        return SendAsync(frame);
    }

    public ValueTask ReturnAsync(ulong deliveryTag, bool requeue)
    {
        Span<byte> frame = stackalloc byte[SettlementFrame.Size];
        SettlementFrame.WriteNack(frame, _channel, deliveryTag, requeue);
        return SendAsync(frame);
    }

    private ValueTask SendAsync(ReadOnlySpan<byte> frame)
    {
        ValueTask<bool> sending = _sender.AppendAsync(frame, _channel, _stamp);
        return sending is { IsCompletedSuccessfully: true, Result: true } ? default : AwaitSentAsync(sending);
    }

    private static async ValueTask AwaitSentAsync(ValueTask<bool> sending)
    {
        if (!await sending.ConfigureAwait(false))
        {
            throw new IOException("The channel was closed.");
        }
    }
}
