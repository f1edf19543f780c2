using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ResilientRabbit.Connections;

/// <summary>
/// A channel that the driver has opened and will close, on which we publish past the driver, between its frames. Confirm mode on, the
/// driver's own tracking off: it would count only what it has written itself.
/// </summary>
internal sealed class PublishChannel : IPublishChannel
{
    /// <summary>The header that ties a returned message to ours.</summary>
    public const string PublishIdHeader = "x-publish-id";

    private readonly ConnectionEpoch _epoch;
    private readonly IChannel _channel;
    private readonly IConfirmSink _sink;
    private readonly TransportStream _stream;
    private readonly TransportSender _sender;
    private readonly PublishEncoder _encoder;
    private readonly int _stamp;
    private int _closed;

    public PublishChannel(ConnectionEpoch epoch, IChannel channel, IConfirmSink sink)
    {
        _epoch = epoch;
        _channel = channel;
        _sink = sink;
        _stream = epoch.Stream;
        _sender = _stream.Sender;
        _encoder = new PublishEncoder(channel.ChannelNumber, epoch.FrameMax);

        // Before the shutdown handler below is called for a channel that was closed meanwhile: the stamp of an open channel is its own.
        _stamp = _sender.StampOf(channel.ChannelNumber);
        _sender.RoomMade += sink.OnRoom;
        _stream.BurstEnded += OnBurstEnded;
        channel.BasicAcksAsync += OnAckAsync;
        channel.BasicNacksAsync += OnNackAsync;
        channel.BasicReturnAsync += OnReturnAsync;
        channel.FlowControlAsync += OnFlowControlAsync;

        // Last: on a channel that is closed already the driver calls the handler here and now.
        channel.ChannelShutdownAsync += OnShutdownAsync;
    }

    public IPublishSession Session => _epoch;

    public uint FrameMax => _epoch.FrameMax;

    public bool HasRoom => _sender.HasRoom;

    public void Add(in OutgoingPublish message) => _encoder.Add(message);

    public bool Send()
    {
        bool sent = Volatile.Read(ref _closed) == 0 && _sender.TryAppend(_encoder.Bytes, _channel.ChannelNumber, _stamp, isAlone: _encoder.Count == 1);
        _encoder.Clear();
        if (!sent && _channel.CloseReason is { } reason)
        {
            // The driver has agreed to the channel's end and calls its handlers in a moment: without the broker's words the guilty message would be sent again with all others.
            Close(reason);
        }

        return sent;
    }

    public void Retire()
    {
        _sender.RoomMade -= _sink.OnRoom;
        _stream.BurstEnded -= OnBurstEnded;
        _epoch.Retire(_channel);
    }

    private void OnBurstEnded()
    {
        try
        {
            _sink.OnBurstEnd();
        }
        catch (Exception)
        {
            // This is inside the driver's read: it would take it for the end of the connection. Of its own handlers it ignores exceptions.
        }
    }

    private Task OnAckAsync(object sender, BasicAckEventArgs args)
    {
        _sink.OnAck(args.DeliveryTag, args.Multiple);
        return Task.CompletedTask;
    }

    private Task OnNackAsync(object sender, BasicNackEventArgs args)
    {
        _sink.OnNack(args.DeliveryTag, args.Multiple);
        return Task.CompletedTask;
    }

    private Task OnReturnAsync(object sender, BasicReturnEventArgs args)
    {
        object? id = null;
        args.BasicProperties.Headers?.TryGetValue(PublishIdHeader, out id);
        _sink.OnReturn(id is long value ? value : 0, args.ReplyCode, args.ReplyText);
        return Task.CompletedTask;
    }

    private Task OnFlowControlAsync(object sender, FlowControlEventArgs args)
    {
        if (!args.Active)
        {
            // RabbitMQ never sends it; while it lasts the driver holds publishes back before it has copied their bodies. Not on such a channel.
            Close(0, "channel.flow is not supported");
        }

        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs args)
    {
        Close(args);
        return Task.CompletedTask;
    }

    private void Close(ShutdownEventArgs reason)
    {
        bool ofChannel = reason.Initiator == ShutdownInitiator.Peer && !_epoch.IsDead && _channel.CloseReason is not null;
        Close(ofChannel ? reason.ReplyCode : 0, reason.ReplyText);
    }

    private void Close(int replyCode, string replyText)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _sink.OnClosed(replyCode, replyText);
        }
    }
}
