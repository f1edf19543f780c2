using System.Globalization;

namespace ResilientRabbit.Testing;

/// <summary>
/// One method with its content as it went over the wire, or a heartbeat, or bytes that were no frame. Bodies are kept as hash and length,
/// credentials not at all.
/// </summary>
public sealed record JournalEntry
{
    /// <summary>Its place in the journal, from 1. 0 where it was only looked at by a fault.</summary>
    public long Number { get; init; }

    /// <summary>When it was seen.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The connection it went over, counted by the broker or proxy from 1. Also called the epoch: it is never used again.</summary>
    public int Connection { get; init; }

    /// <summary>Who sent it.</summary>
    public FrameDirection Direction { get; init; }

    /// <summary>The channel; 0 for the connection itself.</summary>
    public int Channel { get; init; }

    /// <summary>The method; <see cref="AmqpMethod.None"/> for heartbeats and for bytes that were no frame.</summary>
    public AmqpMethod Method { get; init; }

    /// <summary>The delivery tag of an ack, nack, reject, deliver or get-ok.</summary>
    public ulong? DeliveryTag { get; init; }

    /// <summary>Whether an ack or nack speaks for all tags up to its own.</summary>
    public bool Multiple { get; init; }

    /// <summary>For a publish on a channel in confirm mode: the delivery tag that the client expects to be confirmed.</summary>
    public ulong? PublishNumber { get; init; }

    /// <summary>The exchange of a publish, return, deliver or get-ok.</summary>
    public string? Exchange { get; init; }

    /// <summary>The routing key of a publish, return, deliver or get-ok.</summary>
    public string? RoutingKey { get; init; }

    /// <summary>The consumer tag of a deliver, consume, consume-ok, cancel or cancel-ok.</summary>
    public string? ConsumerTag { get; init; }

    /// <summary>Whether a deliver or get-ok is marked as redelivered.</summary>
    public bool Redelivered { get; init; }

    /// <summary>The reply code of a close or return.</summary>
    public int? ReplyCode { get; init; }

    /// <summary>The reply text of a close or return, or the reason of a blocked.</summary>
    public string? ReplyText { get; init; }

    /// <summary>The property message-id.</summary>
    public string? MessageId { get; init; }

    /// <summary>The header <c>x-publish-id</c>.</summary>
    public string? PublishId { get; init; }

    /// <summary>The header <c>x-publish-attempt</c>: which copy this is. Absent on a first one.</summary>
    public long? PublishAttempt { get; init; }

    /// <summary>The body's length in bytes.</summary>
    public long BodyLength { get; init; }

    /// <summary>The first 16 hexadecimal digits of the body's SHA-256; null without content.</summary>
    public string? BodyHash { get; init; }

    /// <summary>All of its bytes on the wire, frames included.</summary>
    public int Size { get; init; }

    /// <summary>Frames of another method came between this one's: the sender did not keep its channel to itself.</summary>
    public bool IsInterleaved { get; init; }

    /// <summary>Something worth knowing: that the frame is cut short or malformed, that it is a heartbeat.</summary>
    public string? Note { get; init; }

    /// <summary>One line for the message of a failed test.</summary>
    /// <returns>Number, time, connection, direction, channel, method and what identifies it.</returns>
    public override string ToString()
    {
        string arrow = Direction == FrameDirection.FromClient ? "->" : "<-";
        List<string> parts = [string.Create(CultureInfo.InvariantCulture, $"#{Number} {Time:HH:mm:ss.ffffff} c{Connection}/{Channel} {arrow} {Method}")];
        Add(parts, "tag", DeliveryTag);
        Add(parts, "", Multiple ? "multiple" : null);
        Add(parts, "publish", PublishNumber);
        Add(parts, "exchange", Exchange);
        Add(parts, "key", RoutingKey);
        Add(parts, "consumer", ConsumerTag);
        Add(parts, "", Redelivered ? "redelivered" : null);
        Add(parts, "id", MessageId);
        Add(parts, "publish-id", PublishId);
        Add(parts, "attempt", PublishAttempt);
        Add(parts, "code", ReplyCode);
        Add(parts, "text", ReplyText);
        Add(parts, "body", BodyHash is null ? null : string.Create(CultureInfo.InvariantCulture, $"{BodyLength} bytes {BodyHash}"));
        Add(parts, "", Note);
        return string.Join(' ', parts);
    }

    private static void Add(List<string> parts, string name, object? value)
    {
        if (value is not null)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            parts.Add(name.Length == 0 ? text : $"{name}={text}");
        }
    }
}
