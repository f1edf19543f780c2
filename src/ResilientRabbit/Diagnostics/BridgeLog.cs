using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>The log events 3200 to 3299: bridges between clusters. Numbers are never reused.</summary>
internal static partial class BridgeLog
{
    [LoggerMessage(EventId = 3200, EventName = "BridgeStarted", Level = LogLevel.Information, Message = "The bridge {Bridge} forwards {Queue}")]
    public static partial void BridgeStarted(this ILogger logger, string bridge, string queue);

    [LoggerMessage(EventId = 3201, EventName = "BridgeStopped", Level = LogLevel.Information,
        Message = "The bridge {Bridge} has stopped: {Forwarded} forwarded, {Refused} refused, {Loops} loops")]
    public static partial void BridgeStopped(this ILogger logger, string bridge, long forwarded, long refused, long loops);

    [LoggerMessage(EventId = 3202, EventName = "BridgeLoopDropped", Level = LogLevel.Warning,
        Message = "The bridge {Bridge} does not forward message {MessageId} of {Queue} and acknowledges it: {Reason} {Count} such since the last report, at most one report a minute")]
    public static partial void BridgeLoopDropped(this ILogger logger, string bridge, string? messageId, string queue, string reason, long count);

    [LoggerMessage(EventId = 3203, EventName = "BridgeRequeued", Level = LogLevel.Warning,
        Message = "The bridge {Bridge} could not forward message {MessageId} of {Queue}, or does not know its fate; it goes back to the queue. {Count} such since the last report, at most one report a minute")]
    public static partial void BridgeRequeued(this ILogger logger, Exception exception, string bridge, string? messageId, string queue, long count);
}
