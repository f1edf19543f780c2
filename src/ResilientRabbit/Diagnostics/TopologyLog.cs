using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>The log events 4000 to 4099: topology. Numbers are never reused.</summary>
internal static partial class TopologyLog
{
    public const int TopologyDeclaredId = 4000;
    public const int TopologyMismatchId = 4001;
    public const int TopologyStillRefusedId = 4002;
    public const int TopologyPostponedId = 4003;
    public const int TopologyChannelFailedId = 4004;
    public const int TopologyPassFailedId = 4005;
    public const int DeadLetterCycleId = 4006;

    [LoggerMessage(EventId = TopologyDeclaredId, EventName = "TopologyDeclared", Level = LogLevel.Information,
        Message = "Declared {Declared} of {Due} entities in {Duration}")]
    public static partial void TopologyDeclared(this ILogger logger, int declared, int due, TimeSpan duration);

    [LoggerMessage(EventId = TopologyMismatchId, EventName = "TopologyMismatch", Level = LogLevel.Error,
        Message = "The broker refused to declare the {Entity}: {ReplyCode} {ReplyText}. It is tried again only on a new connection")]
    public static partial void TopologyMismatch(this ILogger logger, string entity, int replyCode, string replyText);

    [LoggerMessage(EventId = TopologyStillRefusedId, EventName = "TopologyStillRefused", Level = LogLevel.Debug,
        Message = "The broker still refuses to declare the {Entity}: {ReplyCode}")]
    public static partial void TopologyStillRefused(this ILogger logger, string entity, int replyCode);

    [LoggerMessage(EventId = TopologyPostponedId, EventName = "TopologyPostponed",
        Message = "The {Entity} could not be declared (attempt {Attempt}) and is tried again: {ReplyCode} {ReplyText}")]
    public static partial void TopologyPostponed(this ILogger logger, LogLevel level, string entity, int attempt, int replyCode, string replyText);

    [LoggerMessage(EventId = TopologyChannelFailedId, EventName = "TopologyChannelFailed", Level = LogLevel.Debug,
        Message = "No channel could be opened for declaring: {Reason}")]
    public static partial void TopologyChannelFailed(this ILogger logger, string reason);

    [LoggerMessage(EventId = TopologyPassFailedId, EventName = "TopologyPassFailed", Level = LogLevel.Warning,
        Message = "Declaring failed unexpectedly and is tried again")]
    public static partial void TopologyPassFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = DeadLetterCycleId, EventName = "DeadLetterCycle", Level = LogLevel.Warning,
        Message = "Queues dead-letter in a circle in which nobody rejects: {Circle}. RabbitMQ drops a message that has come round")]
    public static partial void DeadLetterCycle(this ILogger logger, string circle);
}
