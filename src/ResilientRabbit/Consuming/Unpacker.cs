using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>Takes a delivery in Spring AMQP's batch layout apart.</summary>
internal static class Unpacker
{
    /// <summary>The properties of a batch; null when it is none. Most deliveries are told by their bytes, without being decoded.</summary>
    public static ReadOnlyBasicProperties? PropertiesOf(in IncomingDelivery incoming)
    {
        if (!incoming.IsReadable || incoming.Properties.Span.IndexOf("springBatchFormat"u8) < 0)
        {
            return null;
        }

        var properties = new ReadOnlyBasicProperties(incoming.Properties.Span);
        return properties.Headers is { } headers && headers.TryGetValue(PackFormat.FormatHeader, out object? format)
            && string.Equals(HeaderReader.Text(format), PackFormat.Format, StringComparison.Ordinal)
            ? properties
            : null;
    }

    /// <summary>Adds a delivery for each message of a batch to the list; nothing when it cannot be taken apart.</summary>
    /// <param name="incoming">Its buffer belongs to the deliveries when there is a result.</param>
    /// <param name="properties">What <see cref="PropertiesOf"/> has found.</param>
    /// <param name="origin">The channel.</param>
    /// <param name="queue">The queue it was consumed from.</param>
    /// <param name="into">Where the deliveries go.</param>
    /// <param name="fault">What is wrong with it; null when it was taken apart.</param>
    /// <returns>What is to be acknowledged for all of them.</returns>
    public static Pack? Unpack(in IncomingDelivery incoming, ReadOnlyBasicProperties properties, IDeliveryOrigin origin, string queue, List<Delivery> into, out string? fault)
    {
        ReadOnlyMemory<byte> body = incoming.Buffer.AsMemory(0, incoming.BodyLength);
        fault = PackFormat.Check(body.Span, out int count);
        PackIds? ids = null;
        if (fault is null && properties.Headers!.TryGetValue(PackFormat.IdsHeader, out object? block))
        {
            ids = BytesOf(block) is { } bytes ? PackIds.Read(bytes, count) : null;
            fault = ids is null ? FormattableString.Invariant($"The header {PackFormat.IdsHeader} does not hold the ids of {count} messages.") : null;
        }

        if (fault is not null)
        {
            return null;
        }

        var pack = new Pack(incoming.Tag, origin, count, incoming.Buffer);
        BasicProperties shared = Shared(properties);
        int at = 0;
        for (int index = 0; index < count; index++)
        {
            int length = PackFormat.LengthAt(body.Span, at);
            at += PackFormat.LengthSize;
            var message = new ReceivedMessage(body.Slice(at, length), shared, new PackedId(ids, properties.MessageId, index))
            {
                Queue = queue,
                Exchange = incoming.Exchange,
                RoutingKey = incoming.RoutingKey,
                ConsumerTag = incoming.ConsumerTag,
                Redelivered = incoming.Redelivered,
            };
            into.Add(new Delivery(incoming.Tag, origin, message, null, pack));
            at += length;
        }

        return pack;
    }

    /// <summary>What the messages have in common: all but what tells of the batch. A message that is sent on alone must not look like one.</summary>
    private static BasicProperties Shared(ReadOnlyBasicProperties properties)
    {
        var headers = new Dictionary<string, object?>(properties.Headers!, StringComparer.Ordinal);
        headers.Remove(PackFormat.FormatHeader);
        headers.Remove(PackFormat.CountHeader);
        headers.Remove(PackFormat.IdsHeader);
        headers.Remove(PublishChannel.PublishIdHeader);
        return new BasicProperties(properties) { Headers = headers };
    }

    private static byte[]? BytesOf(object? block) => block switch
    {
        BinaryTableValue { Bytes: { } bytes } => bytes,
        byte[] bytes => bytes,
        _ => null,
    };
}
