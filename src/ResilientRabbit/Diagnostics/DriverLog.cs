using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>The log events 1200 to 1299: what the driver reports through its own event source. Numbers are never reused.</summary>
internal static partial class DriverLog
{
    [LoggerMessage(EventId = 1200, EventName = "DriverInformation", Level = LogLevel.Debug, Message = "Driver: {Text} (said {Repeats} times more since it was last logged)")]
    public static partial void DriverInformation(this ILogger logger, string text, int repeats);

    [LoggerMessage(EventId = 1201, EventName = "DriverWarning", Level = LogLevel.Information, Message = "Driver warns: {Text} (said {Repeats} times more since it was last logged)")]
    public static partial void DriverWarning(this ILogger logger, string text, int repeats);

    [LoggerMessage(EventId = 1202, EventName = "DriverError", Level = LogLevel.Warning, Message = "Driver reports an error: {Text}: {Error} (said {Repeats} times more since it was last logged)")]
    public static partial void DriverError(this ILogger logger, string text, string error, int repeats);
}
