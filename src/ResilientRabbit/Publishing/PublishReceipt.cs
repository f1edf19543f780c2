using ResilientRabbit.Connections;

namespace ResilientRabbit;

/// <summary>Proves that the broker has confirmed a message.</summary>
/// <param name="MessageId">The message-id that every copy of the message carries.</param>
/// <param name="Attempts">How many copies were written, at least 1. More than one copy may be stored when it is greater than 1.</param>
/// <param name="Nacks">
/// How many of the copies the broker nacked before it confirmed one, or returned or refused while their route, which the application declares, was missing. The order of a key is promised only for
/// messages where this is 0.
/// </param>
public readonly record struct PublishReceipt(string MessageId, int Attempts, int Nacks)
{
    // A text, or what makes it of the number: most callers never look.
    private readonly object? _id = MessageId;
    private readonly long _number;

    internal PublishReceipt(MessageIds ids, long number, int attempts, int nacks)
        : this(string.Empty, attempts, nacks)
        => (_id, _number) = (ids, number);

    /// <summary>Gets the message-id that every copy of the message carries. When the SDK made it, each call makes a new text of it.</summary>
    /// <value>The caller's own id or one that the SDK made, unique across clients; empty in a default receipt.</value>
    public string MessageId
    {
        get => _id is MessageIds ids ? ids.For(_number) : (string?)_id ?? string.Empty;
        init => (_id, _number) = (value, 0);
    }

    /// <summary>Compares message-id, attempts and nacks.</summary>
    /// <param name="other">The other receipt.</param>
    /// <returns>Whether all three are equal.</returns>
    public bool Equals(PublishReceipt other)
        => Attempts == other.Attempts && Nacks == other.Nacks && string.Equals(MessageId, other.MessageId, StringComparison.Ordinal);

    /// <summary>Combines message-id, attempts and nacks.</summary>
    /// <returns>A hash code.</returns>
    public override int GetHashCode() => HashCode.Combine(MessageId, Attempts, Nacks);
}
