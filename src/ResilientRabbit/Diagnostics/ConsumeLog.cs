using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>The log events 3000 to 3199: consuming and settling. Numbers are never reused.</summary>
internal static partial class ConsumeLog
{
    public const int ConsumerStartedId = 3000;
    public const int ConsumerStoppedId = 3001;
    public const int ConsumerCancelledByBrokerId = 3002;
    public const int HandlerFailedId = 3003;
    public const int ConsumerLostId = 3004;
    public const int ConsumeFailedId = 3005;
    public const int ConsumerSilentId = 3006;
    public const int ConsumerPausedId = 3007;
    public const int HandlerCancelledId = 3008;
    public const int StopTimedOutId = 3009;
    public const int IdleCheckFailedId = 3010;
    public const int SubscriptionFailedId = 3011;
    public const int StandbyAssumedId = 3012;
    public const int DeduplicationFailedId = 3013;
    public const int ConsumerRefreshedId = 3014;
    public const int MessageTooLargeId = 3015;
    public const int AckSkippedChannelGoneId = 3100;
    public const int AckNotSentId = 3101;
    public const int MessageRetriedId = 3102;
    public const int MessageDeadLetteredId = 3103;
    public const int CopyNotPublishedId = 3104;
    public const int CopyWithoutHeadersId = 3105;
    public const int SettlementFailedId = 3106;
    public const int DuplicateSkippedId = 3107;

    [LoggerMessage(EventId = ConsumerStartedId, EventName = "ConsumerStarted", Level = LogLevel.Information,
        Message = "Consuming {Queue} as {ConsumerTag} (resubscribed {Resubscribes} times)")]
    public static partial void ConsumerStarted(this ILogger logger, string queue, string consumerTag, int resubscribes);

    [LoggerMessage(EventId = ConsumerStoppedId, EventName = "ConsumerStopped", Level = LogLevel.Information,
        Message = "Stopped consuming {Queue}: {Received} received, {Acknowledged} acknowledged")]
    public static partial void ConsumerStopped(this ILogger logger, string queue, long received, long acknowledged);

    [LoggerMessage(EventId = ConsumerCancelledByBrokerId, EventName = "ConsumerCancelledByBroker", Level = LogLevel.Warning,
        Message = "The broker cancelled the consumer {ConsumerTag} of {Queue}: the queue was deleted, or its node or leader is gone. Subscribing again")]
    public static partial void ConsumerCancelledByBroker(this ILogger logger, string queue, string consumerTag);

    [LoggerMessage(EventId = HandlerFailedId, EventName = "HandlerFailed",
        Message = "The handler failed for message {MessageId} of {Queue} (attempt {Attempt}): {Settlement} (said {Repeats} times more since it was last logged)")]
    public static partial void HandlerFailed(this ILogger logger, LogLevel level, Exception exception, string? messageId, string queue, int attempt, Settlement settlement, int repeats);

    [LoggerMessage(EventId = ConsumerLostId, EventName = "ConsumerLost", Level = LogLevel.Information,
        Message = "The consumer {ConsumerTag} of {Queue} was lost: {Reason}. Subscribing again")]
    public static partial void ConsumerLost(this ILogger logger, string queue, string consumerTag, string reason);

    [LoggerMessage(EventId = ConsumeFailedId, EventName = "ConsumeFailed",
        Message = "{Queue} could not be consumed (attempt {Attempt}) and is tried again: {Reason}")]
    public static partial void ConsumeFailed(this ILogger logger, LogLevel level, string queue, int attempt, string reason);

    [LoggerMessage(EventId = ConsumerSilentId, EventName = "ConsumerSilent", Level = LogLevel.Warning,
        Message = "The consumer {ConsumerTag} of {Queue} is open and gets nothing: {Reason}. Subscribing again")]
    public static partial void ConsumerSilent(this ILogger logger, string queue, string consumerTag, string reason);

    [LoggerMessage(EventId = ConsumerPausedId, EventName = "ConsumerPaused", Level = LogLevel.Information, Message = "Paused consuming {Queue}")]
    public static partial void ConsumerPaused(this ILogger logger, string queue);

    [LoggerMessage(EventId = HandlerCancelledId, EventName = "HandlerCancelled", Level = LogLevel.Debug,
        Message = "The handler of message {MessageId} of {Queue} ended with its channel: the broker delivers the message again, this was no attempt")]
    public static partial void HandlerCancelled(this ILogger logger, string? messageId, string queue);

    [LoggerMessage(EventId = StopTimedOutId, EventName = "StopTimedOut", Level = LogLevel.Warning,
        Message = "Handlers of {Queue} were still running after {Timeout}: their tokens are cancelled, the broker delivers their messages again")]
    public static partial void StopTimedOut(this ILogger logger, string queue, TimeSpan timeout);

    [LoggerMessage(EventId = IdleCheckFailedId, EventName = "IdleCheckFailed", Level = LogLevel.Debug,
        Message = "The idle check of {Queue} got no answer: {Reason}")]
    public static partial void IdleCheckFailed(this ILogger logger, string queue, string reason);

    [LoggerMessage(EventId = SubscriptionFailedId, EventName = "SubscriptionFailed", Level = LogLevel.Error,
        Message = "The subscription of {Queue} failed unexpectedly and is set up again")]
    public static partial void SubscriptionFailed(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(EventId = AckSkippedChannelGoneId, EventName = "AckSkippedChannelGone", Level = LogLevel.Debug,
        Message = "The acknowledgement of delivery {DeliveryTag} was not sent: its channel is gone, the broker delivers the message again")]
    public static partial void AckSkippedChannelGone(this ILogger logger, ulong deliveryTag);

    [LoggerMessage(EventId = AckNotSentId, EventName = "AckNotSent", Level = LogLevel.Debug,
        Message = "The settlement of delivery {DeliveryTag} could not be sent: {Reason}")]
    public static partial void AckNotSent(this ILogger logger, ulong deliveryTag, string reason);

    [LoggerMessage(EventId = MessageRetriedId, EventName = "MessageRetried", Level = LogLevel.Debug,
        Message = "Message {MessageId} waits in {RetryQueue} after attempt {Attempt}: {Reason}")]
    public static partial void MessageRetried(this ILogger logger, string? messageId, string retryQueue, int attempt, string reason);

    [LoggerMessage(EventId = MessageDeadLetteredId, EventName = "MessageDeadLettered",
        Message = "Message {MessageId} was given up to {DeadLetterQueue} after attempt {Attempt}: {Reason} (said {Repeats} times more since it was last logged)")]
    public static partial void MessageDeadLettered(this ILogger logger, LogLevel level, string? messageId, string deadLetterQueue, int attempt, string reason, int repeats);

    [LoggerMessage(EventId = CopyNotPublishedId, EventName = "CopyNotPublished",
        Message = "Message {MessageId} could not be published to {Target} and goes back to its queue (said {Repeats} times more since it was last logged)")]
    public static partial void CopyNotPublished(this ILogger logger, LogLevel level, Exception exception, string? messageId, string target, int repeats);

    [LoggerMessage(EventId = CopyWithoutHeadersId, EventName = "CopyWithoutHeaders",
        Message = "The headers of message {MessageId} cannot be published again; {Target} gets it without them: {Reason} (said {Repeats} times more since it was last logged)")]
    public static partial void CopyWithoutHeaders(this ILogger logger, LogLevel level, string? messageId, string target, string reason, int repeats);

    [LoggerMessage(EventId = SettlementFailedId, EventName = "SettlementFailed",
        Message = "Settling failed unexpectedly and the message stays unsettled until its channel ends: {Message} (said {Repeats} times more since it was last logged)")]
    public static partial void SettlementFailed(this ILogger logger, LogLevel level, Exception exception, string message, int repeats);

    [LoggerMessage(EventId = StandbyAssumedId, EventName = "StandbyAssumed", Level = LogLevel.Information,
        Message = "The consumer {ConsumerTag} of {Queue} stands by: messages are ready and others consume the queue, as with a single active consumer. It is left as it is")]
    public static partial void StandbyAssumed(this ILogger logger, string queue, string consumerTag);

    [LoggerMessage(EventId = ConsumerRefreshedId, EventName = "ConsumerRefreshed", Level = LogLevel.Debug,
        Message = "The consumer {ConsumerTag} of {Queue} gets nothing any more and is set up anew, in case the broker swallows its deliveries")]
    public static partial void ConsumerRefreshed(this ILogger logger, string queue, string consumerTag);

    [LoggerMessage(EventId = DeduplicationFailedId, EventName = "DeduplicationFailed",
        Message = "Whether message {MessageId} of {Queue} was handled could not be asked or recorded; it counts as new (said {Repeats} times more since it was last logged)")]
    public static partial void DeduplicationFailed(this ILogger logger, LogLevel level, Exception exception, string? messageId, string queue, int repeats);

    [LoggerMessage(EventId = MessageTooLargeId, EventName = "MessageTooLarge",
        Message = "Message {MessageId} of {Queue} has a body of {Size} bytes, more than MaxInboundMessageSize ({Limit}): it was not read and {Fate} (said {Repeats} times more since it was last logged)")]
    public static partial void MessageTooLarge(this ILogger logger, LogLevel level, string? messageId, string queue, long size, int limit, string fate, int repeats);

    [LoggerMessage(EventId = DuplicateSkippedId, EventName = "DuplicateSkipped", Level = LogLevel.Debug,
        Message = "Message {MessageId} of {Queue} was handled before and is acknowledged without a handler")]
    public static partial void DuplicateSkipped(this ILogger logger, string? messageId, string queue);
}
