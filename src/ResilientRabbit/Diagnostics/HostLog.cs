using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>The log events of the host: 6000 to 6099. Numbers are never used again.</summary>
internal static partial class HostLog
{
    [LoggerMessage(EventId = 6000, EventName = "HostedConnectFailed", Level = LogLevel.Error,
        Message = "The client could not connect and declare all of its topology at the start of the host. The consumers are started nevertheless; check the entity that the exception names.")]
    public static partial void HostedConnectFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 6001, EventName = "HostedClientFailed", Level = LogLevel.Critical,
        Message = "The consumers of the host could not be started. The host is stopped, because it would run without consuming.")]
    public static partial void HostedClientFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 6002, EventName = "ReloadRefused", Level = LogLevel.Error,
        Message = "The changed configuration of the client '{Client}' is not valid; the old one stays in force. {Problems}")]
    public static partial void ReloadRefused(this ILogger logger, string client, string problems);

    [LoggerMessage(EventId = 6003, EventName = "OsloNotice", Level = LogLevel.Warning, Message = "{Notice}")]
    public static partial void OsloNotice(this ILogger logger, string notice);

    [LoggerMessage(EventId = 6004, EventName = "HostedBridgeFailed", Level = LogLevel.Critical,
        Message = "The bridge {Bridge} could not be started. The host is stopped, because it would run without it.")]
    public static partial void HostedBridgeFailed(this ILogger logger, Exception exception, string bridge);
}
