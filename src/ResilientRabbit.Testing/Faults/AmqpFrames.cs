using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing;

/// <summary>Frames as bytes, for faults that insert or replace something.</summary>
public static class AmqpFrames
{
    /// <summary>basic.ack.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="deliveryTag">The tag.</param>
    /// <param name="multiple">Whether it speaks for all tags up to this one.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> Ack(int channel, ulong deliveryTag, bool multiple = false) => Method(channel, new AmqpBasic.Ack(deliveryTag, multiple));

    /// <summary>basic.nack.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="deliveryTag">The tag.</param>
    /// <param name="multiple">Whether it speaks for all tags up to this one.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> Nack(int channel, ulong deliveryTag, bool multiple = false)
        => Method(channel, new AmqpBasic.Nack(deliveryTag, multiple, Requeue: false));

    /// <summary>basic.cancel as a broker sends it.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="consumerTag">The consumer.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> Cancel(int channel, string consumerTag) => Method(channel, new AmqpBasic.Cancel(consumerTag, NoWait: true));

    /// <summary>channel.close.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="replyCode">Why, as a number.</param>
    /// <param name="replyText">Why, in words; at most 255 bytes.</param>
    /// <param name="cause">The method that is to blame.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> ChannelClose(int channel, int replyCode, string replyText, AmqpMethod cause = AmqpMethod.None)
        => Method(channel, new AmqpChannel.Close((ushort)replyCode, replyText, (ushort)((int)cause >> 16), (ushort)cause));

    /// <summary>connection.close.</summary>
    /// <param name="replyCode">Why, as a number.</param>
    /// <param name="replyText">Why, in words; at most 255 bytes.</param>
    /// <param name="cause">The method that is to blame.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> ConnectionClose(int replyCode, string replyText, AmqpMethod cause = AmqpMethod.None)
        => Method(0, new AmqpConnection.Close((ushort)replyCode, replyText, (ushort)((int)cause >> 16), (ushort)cause));

    /// <summary>connection.blocked.</summary>
    /// <param name="reason">The reason; at most 255 bytes.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> Blocked(string reason) => Method(0, new AmqpConnection.Blocked(reason));

    /// <summary>connection.unblocked.</summary>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> Unblocked() => Method(0, default(AmqpConnection.Unblocked));

    /// <summary>basic.return with its content.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="exchange">The exchange of the message.</param>
    /// <param name="routingKey">Its routing key.</param>
    /// <param name="body">Its body.</param>
    /// <param name="replyCode">Why. Default: 312, no route.</param>
    /// <param name="replyText">Why, in words.</param>
    /// <returns>The frames.</returns>
    public static ReadOnlyMemory<byte> Return(
        int channel,
        string exchange,
        string routingKey,
        ReadOnlySpan<byte> body,
        int replyCode = AmqpReply.NoRoute,
        string replyText = "NO_ROUTE")
        => Content(channel, new AmqpBasic.Return((ushort)replyCode, replyText, exchange, routingKey), body);

    /// <summary>basic.deliver with its content.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="consumerTag">The consumer.</param>
    /// <param name="deliveryTag">The tag.</param>
    /// <param name="body">The body.</param>
    /// <param name="redelivered">Whether it is marked as redelivered.</param>
    /// <returns>The frames.</returns>
    public static ReadOnlyMemory<byte> Deliver(int channel, string consumerTag, ulong deliveryTag, ReadOnlySpan<byte> body, bool redelivered = false)
        => Content(channel, new AmqpBasic.Deliver(consumerTag, deliveryTag, redelivered, "", ""), body);

    /// <summary>Any frame at all, right or wrong.</summary>
    /// <param name="type">1 method, 2 header, 3 body, 8 heartbeat; others do not exist.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="payload">What is in it.</param>
    /// <returns>The frame.</returns>
    public static ReadOnlyMemory<byte> Frame(byte type, int channel, ReadOnlySpan<byte> payload)
    {
        using var writer = new WireWriter();
        writer.WriteFrame((FrameType)type, (ushort)channel, payload);
        return writer.Written.ToArray();
    }

    internal static ReadOnlyMemory<byte> Confirm(ushort channel, ConfirmFrame frame)
        => frame.IsNack ? Nack(channel, frame.DeliveryTag, frame.Multiple) : Ack(channel, frame.DeliveryTag, frame.Multiple);

    internal static ReadOnlyMemory<byte> Method<TMethod>(int channel, in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        using var writer = new WireWriter();
        writer.WriteMethod((ushort)channel, method);
        return writer.Written.ToArray();
    }

    private static ReadOnlyMemory<byte> Content<TMethod>(int channel, in TMethod method, ReadOnlySpan<byte> body)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        using var writer = new WireWriter();
        writer.WriteContent((ushort)channel, method, [0, 0], body, FrameReader.InitialMaxFrameSize);
        return writer.Written.ToArray();
    }
}
