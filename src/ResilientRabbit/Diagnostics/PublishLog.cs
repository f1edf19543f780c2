using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>Log events 2000 to 2999: publishing. Numbers and names are API and never reused.</summary>
internal static partial class PublishLog
{
    [LoggerMessage(EventId = 2000, EventName = "PublishRetried", Level = LogLevel.Information, Message = "Lane {Lane}: {Count} unconfirmed messages are sent again.")]
    public static partial void PublishRetried(this ILogger logger, int lane, int count);

    [LoggerMessage(EventId = 2001, EventName = "PublishUnroutable", Level = LogLevel.Debug, Message = "Message {MessageId} to exchange {Exchange} with routing key {RoutingKey} reached no queue.")]
    public static partial void PublishUnroutable(this ILogger logger, string exchange, string routingKey, string messageId);

    [LoggerMessage(EventId = 2002, EventName = "PublishUnknown", Level = LogLevel.Debug, Message = "Message {MessageId} to exchange {Exchange} with routing key {RoutingKey} was written {Attempts} times and not confirmed.")]
    public static partial void PublishUnknown(this ILogger logger, string exchange, string routingKey, string messageId, int attempts);

    [LoggerMessage(EventId = 2003, EventName = "LaneChannelFailed", Level = LogLevel.Debug, Message = "Lane {Lane}: a channel could not be opened: {Reason}.")]
    public static partial void LaneChannelFailed(this ILogger logger, int lane, ConnectionFailureReason reason);

    [LoggerMessage(EventId = 2004, EventName = "LaneMovedAfterStall", Level = LogLevel.Warning, Message = "Lane {Lane}: no confirm for {Limit}, while another connection confirms: the lane moves.")]
    public static partial void LaneMovedAfterStall(this ILogger logger, int lane, TimeSpan limit);

    [LoggerMessage(EventId = 2005, EventName = "StallProbeUnanswered", Level = LogLevel.Warning, Message = "Lane {Lane}: no confirms, and none through another connection either ({Error}): the lane stays.")]
    public static partial void StallProbeUnanswered(this ILogger logger, int lane, string error);

    [LoggerMessage(EventId = 2006, EventName = "LaneFailed", Level = LogLevel.Critical, Message = "Lane {Lane}: the writer failed; its messages end at their deadlines. Please report this.")]
    public static partial void LaneFailed(this ILogger logger, int lane, Exception exception);

    [LoggerMessage(EventId = 2007, EventName = "ClockFailed", Level = LogLevel.Critical, Message = "Enforcing the deadlines failed; the next tick tries again. Please report this.")]
    public static partial void ClockFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 2008, EventName = "LaneChannelRenewed", Level = LogLevel.Warning, Message = "Lane {Lane}: the broker keeps nacking on this channel; a new one is tried. If it goes on, the queue refuses: look at its length limit and its members.")]
    public static partial void LaneChannelRenewed(this ILogger logger, int lane);

    [LoggerMessage(EventId = 2009, EventName = "QueueLeaderUnknown", Level = LogLevel.Warning, Message = "The resolver of queue leaders fails: {Error}. Lanes stay where they are; it is asked again.")]
    public static partial void QueueLeaderUnknown(this ILogger logger, string error);
}
