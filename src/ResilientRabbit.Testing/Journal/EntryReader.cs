using System.Globalization;
using System.Security.Cryptography;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Journal;

/// <summary>What the journal, and a fault's condition, want to know of a command. Malformed ones are described as far as they go.</summary>
internal static class EntryReader
{
    private const string PublishIdHeader = "x-publish-id";
    private const string PublishAttemptHeader = "x-publish-attempt";

    public static JournalEntry Read(Command command, FrameDirection direction, int connection)
        => Read(command, new RecordHead { Direction = direction, Connection = connection, PublishNumber = command.PublishNumber, Size = command.Bytes.Length });

    /// <summary>What the journal has kept of a command.</summary>
    public static JournalEntry Read(in RecordHead head, ReadOnlyMemory<byte> bytes) => Read(new Command(bytes), head);

    private static JournalEntry Read(Command command, in RecordHead head)
    {
        var entry = new JournalEntry
        {
            Connection = head.Connection,
            Direction = head.Direction,
            Channel = command.Channel,
            Method = command.Method,
            Size = head.Size,
            PublishNumber = head.PublishNumber > 0 ? head.PublishNumber : null,
            Note = command.IsHeartbeat ? "heartbeat" : null,
        };
        try
        {
            return Command.HasContent(command.Method) ? WithContent(WithFields(entry, command), command, head) : WithFields(entry, command);
        }
        catch (AmqpWireException malformed)
        {
            return entry with { Note = $"malformed: {malformed.Message}" };
        }
    }

    /// <summary>Bytes that are no whole frame.</summary>
    public static JournalEntry ReadRaw(ReadOnlyMemory<byte> bytes, FrameDirection direction, int connection)
        => new() { Connection = connection, Direction = direction, Size = bytes.Length, Note = "no whole frame: " + Convert.ToHexString(bytes.Span[..Math.Min(bytes.Length, 16)]) };

    private static JournalEntry WithFields(JournalEntry entry, Command command)
    {
        switch (command.Method)
        {
            case AmqpMethod.BasicAck:
                var ack = command.Read<AmqpBasic.Ack>();
                return entry with { DeliveryTag = ack.DeliveryTag, Multiple = ack.Multiple };
            case AmqpMethod.BasicNack:
                var nack = command.Read<AmqpBasic.Nack>();
                return entry with { DeliveryTag = nack.DeliveryTag, Multiple = nack.Multiple };
            case AmqpMethod.BasicReject:
                return entry with { DeliveryTag = command.Read<AmqpBasic.Reject>().DeliveryTag };
            case AmqpMethod.BasicPublish:
                var publish = command.Read<AmqpBasic.Publish>();
                return entry with { Exchange = publish.Exchange, RoutingKey = publish.RoutingKey };
            case AmqpMethod.BasicDeliver:
                var deliver = command.Read<AmqpBasic.Deliver>();
                return entry with
                {
                    DeliveryTag = deliver.DeliveryTag,
                    Exchange = deliver.Exchange,
                    RoutingKey = deliver.RoutingKey,
                    ConsumerTag = deliver.ConsumerTag,
                    Redelivered = deliver.Redelivered,
                };
            case AmqpMethod.BasicGetOk:
                var got = command.Read<AmqpBasic.GetOk>();
                return entry with { DeliveryTag = got.DeliveryTag, Exchange = got.Exchange, RoutingKey = got.RoutingKey, Redelivered = got.Redelivered };
            case AmqpMethod.BasicReturn:
                var returned = command.Read<AmqpBasic.Return>();
                return entry with
                {
                    ReplyCode = returned.ReplyCode,
                    ReplyText = returned.ReplyText,
                    Exchange = returned.Exchange,
                    RoutingKey = returned.RoutingKey,
                };
            default:
                return WithRareFields(entry, command);
        }
    }

    private static JournalEntry WithRareFields(JournalEntry entry, Command command)
    {
        switch (command.Method)
        {
            case AmqpMethod.ChannelClose:
                var channel = command.Read<AmqpChannel.Close>();
                return entry with { ReplyCode = channel.ReplyCode, ReplyText = channel.ReplyText };
            case AmqpMethod.ConnectionClose:
                var connection = command.Read<AmqpConnection.Close>();
                return entry with { ReplyCode = connection.ReplyCode, ReplyText = connection.ReplyText };
            case AmqpMethod.ConnectionBlocked:
                return entry with { ReplyText = command.Read<AmqpConnection.Blocked>().Reason };
            case AmqpMethod.BasicConsume:
                return entry with { ConsumerTag = command.Read<AmqpBasic.Consume>().ConsumerTag };
            case AmqpMethod.BasicConsumeOk:
                return entry with { ConsumerTag = command.Read<AmqpBasic.ConsumeOk>().ConsumerTag };
            case AmqpMethod.BasicCancel:
                return entry with { ConsumerTag = command.Read<AmqpBasic.Cancel>().ConsumerTag };
            case AmqpMethod.BasicCancelOk:
                return entry with { ConsumerTag = command.Read<AmqpBasic.CancelOk>().ConsumerTag };
            default:
                return entry;
        }
    }

    private static JournalEntry WithContent(JournalEntry entry, Command command, in RecordHead head)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = head.BodyLength;
        ulong? declared = null;
        bool interleaved = false;
        foreach (Frame frame in command.Frames.Skip(1))
        {
            if (frame.Type == FrameType.Body)
            {
                length += frame.Payload.Length;
                hash.AppendData(frame.Payload);
            }
            else if (frame.Type == FrameType.Header)
            {
                ContentHeader header = ContentHeader.Read(frame.Payload);
                declared = header.BodySize;
                entry = WithProperties(entry, header);
            }
            else
            {
                interleaved = true;
            }
        }

        return entry with
        {
            BodyLength = length,
            BodyHash = head.Kind == RecordKind.Hashed
                ? head.BodyHash.ToString("X16", CultureInfo.InvariantCulture)
                : Convert.ToHexString(hash.GetHashAndReset().AsSpan(0, 8)),
            IsInterleaved = interleaved,
            Note = interleaved ? "interleaved" : declared == (ulong)length ? entry.Note : "content cut short",
        };
    }

    private static JournalEntry WithProperties(JournalEntry entry, in ContentHeader header)
    {
        if ((header.Flags & (PropertyFlags.MessageId | PropertyFlags.Headers)) == PropertyFlags.None)
        {
            return entry;
        }

        ContentProperties properties = ContentProperties.Read(header.Properties);
        object? id = properties.Headers?.GetValueOrDefault(PublishIdHeader);
        object? attempt = properties.Headers?.GetValueOrDefault(PublishAttemptHeader);
        return entry with
        {
            MessageId = properties.MessageId,
            PublishId = id is null ? null : Convert.ToString(id, CultureInfo.InvariantCulture),
            PublishAttempt = attempt is null ? null : Attempt(attempt),
        };
    }

    // Whatever type a client gives the number: it is there, so the copy is marked.
    private static long Attempt(object value)
        => long.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out long attempt) ? attempt : 0;
}
