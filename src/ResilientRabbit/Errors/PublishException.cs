namespace ResilientRabbit;

/// <summary>Reports that a message was not confirmed, and what is known about it.</summary>
public sealed class PublishException : RabbitException
{
    internal PublishException(PublishFailure failure, bool mayBeStored, string exchange, string routingKey, string messageId, int attempts, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
        HelpLink = HelpLinks.Of(failure);
        MayBeStored = mayBeStored;
        Exchange = exchange;
        RoutingKey = routingKey;
        MessageId = messageId;
        Attempts = attempts;
    }

    /// <summary>Gets what is known about the message.</summary>
    public PublishFailure Failure { get; }

    /// <summary>Gets a value indicating whether a queue may hold a copy: one was nacked or is of unknown fate. Publishing again may then make a duplicate.</summary>
    public bool MayBeStored { get; }

    /// <summary>Gets the exchange.</summary>
    public string Exchange { get; }

    /// <summary>Gets the routing key.</summary>
    public string RoutingKey { get; }

    /// <summary>Gets the message-id; empty when the message was refused before it had one.</summary>
    public string MessageId { get; }

    /// <summary>Gets how many copies were written.</summary>
    public int Attempts { get; }

    /// <summary>Gets the broker's reply code (AMQP 0-9-1, section 1.2), when it gave one.</summary>
    public int? ReplyCode { get; internal init; }

    /// <summary>Gets the broker's reply text, when it gave one.</summary>
    public string? ReplyText { get; internal init; }

    /// <summary>Gets a value indicating whether the message itself was the reason: it comes to the same end however often it is tried.</summary>
    internal bool IsPermanent { get; init; }

    /// <inheritdoc/>
    public override bool IsTransient => Failure is PublishFailure.Unknown or PublishFailure.NotSent || (Failure == PublishFailure.Refused && ReplyCode is null);
}
