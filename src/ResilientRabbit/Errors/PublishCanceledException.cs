namespace ResilientRabbit;

/// <summary>Reports that the caller gave a message up, and whether it may have left the process.</summary>
public sealed class PublishCanceledException : OperationCanceledException
{
    internal PublishCanceledException(PublishFailure failure, string messageId, CancellationToken token)
        : base(
            failure == PublishFailure.NotSent
                ? "The publish was cancelled before anything was sent."
                : "The publish was cancelled after the message had been written: it may or may not have been stored.",
            token)
    {
        Failure = failure;
        HelpLink = HelpLinks.Of("publish", "Cancelled");
        MessageId = messageId;
    }

    /// <summary>Gets <see cref="PublishFailure.NotSent"/> when nothing left the process, otherwise <see cref="PublishFailure.Unknown"/>.</summary>
    public PublishFailure Failure { get; }

    /// <summary>Gets the message-id.</summary>
    public string MessageId { get; }
}
