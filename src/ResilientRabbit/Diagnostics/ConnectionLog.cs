using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>Log events 1000 to 1199: connections and channels. Numbers and names are API and never reused.</summary>
internal static partial class ConnectionLog
{
    private const string Unknown = "unknown";

    [LoggerMessage(EventId = 1000, EventName = "Connecting", Level = LogLevel.Debug, Message = "Connection {Connection}: connecting to {Endpoint}.")]
    public static partial void Connecting(this ILogger logger, string connection, string endpoint);

    [LoggerMessage(EventId = 1001, EventName = "Connected", Level = LogLevel.Information, Message = "Connection {Connection}: connected to {Endpoint}, cluster {Cluster}, node {Node} (again: {Again}).")]
    private static partial void ConnectedCore(this ILogger logger, string connection, string endpoint, string cluster, string node, bool again);

    [LoggerMessage(EventId = 1002, EventName = "ConnectAttemptFailed", Level = LogLevel.Warning, Message = "Connection {Connection}: {Failures} attempts in a row failed, the last one to {Endpoint}: {Reason}. Next in {Delay}; repeats are reported once a minute.")]
    private static partial void ConnectAttemptFailedCore(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason, long failures, TimeSpan delay);

    [LoggerMessage(EventId = 1003, EventName = "ConnectionLost", Level = LogLevel.Warning, Message = "Connection {Connection}: lost {Endpoint}: {Reason} ({ReplyCode} {ReplyText}). Reconnecting elsewhere if there is an elsewhere.")]
    private static partial void ConnectionLostCore(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason, int replyCode, string replyText);

    // 1004 Reconnected: said by 1001 with Again = true.
    [LoggerMessage(EventId = 1005, EventName = "ConnectionFaulted", Level = LogLevel.Error, Message = "Connection {Connection}: {Endpoint} refuses us: {Reason} ({ReplyText}). Next attempt in {Delay}.")]
    private static partial void ConnectionFaultedCore(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason, TimeSpan delay, string replyText);

    [LoggerMessage(EventId = 1006, EventName = "ConnectionBlocked", Level = LogLevel.Warning, Message = "Connection {Connection}: the broker has blocked publishing: {Reason}. Publishing waits.")]
    private static partial void ConnectionBlockedCore(this ILogger logger, string connection, string reason);

    [LoggerMessage(EventId = 1007, EventName = "ConnectionUnblocked", Level = LogLevel.Information, Message = "Connection {Connection}: the broker accepts publishing again.")]
    public static partial void ConnectionUnblocked(this ILogger logger, string connection);

    [LoggerMessage(EventId = 1008, EventName = "ConnectionClosed", Level = LogLevel.Information, Message = "Client {Client}: closed; {Pending} messages were still pending.")]
    public static partial void ClientClosed(this ILogger logger, string client, long pending);

    [LoggerMessage(EventId = 1009, EventName = "IllegalTransition", Level = LogLevel.Error, Message = "Connection {Connection}: trigger {Trigger} cannot happen in state {State}; ignored. Please report this.")]
    public static partial void IllegalTransition(this ILogger logger, string connection, ConnectionState state, string trigger);

    [LoggerMessage(EventId = 1010, EventName = "SupervisorFailed", Level = LogLevel.Critical, Message = "Connection {Connection}: the supervising loop failed; the connection is closed. Please report this.")]
    public static partial void SupervisorFailed(this ILogger logger, string connection, Exception exception);

    [LoggerMessage(EventId = 1011, EventName = "StatusHandlerFailed", Level = LogLevel.Warning, Message = "A handler of StatusChanged threw.")]
    public static partial void StatusHandlerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1012, EventName = "TeardownIncomplete", Level = LogLevel.Debug, Message = "Tidying up a session with {Endpoint} did not end well: {Error}.")]
    public static partial void TeardownIncomplete(this ILogger logger, string endpoint, string error);

    [LoggerMessage(EventId = 1013, EventName = "OptionsDoubtful", Level = LogLevel.Warning, Message = "Client {Client}: {Doubt}")]
    public static partial void OptionsDoubtful(this ILogger logger, string client, string doubt);

    [LoggerMessage(EventId = 1014, EventName = "EndpointsReplaced", Level = LogLevel.Information, Message = "Client {Client}: new connections go to {Endpoints}, with the credentials of the new configuration.")]
    public static partial void EndpointsReplaced(this ILogger logger, string client, string endpoints);

    [LoggerMessage(EventId = 1015, EventName = "PlannedMoveFailed", Level = LogLevel.Debug, Message = "Connection {Connection}: it may not move to {Endpoint}: {Reason}. It stays where it is.")]
    public static partial void PlannedMoveFailed(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason);

    [LoggerMessage(EventId = 1016, EventName = "ConnectionMoved", Level = LogLevel.Information, Message = "Connection {Connection}: moves from {Endpoint} to {NewEndpoint}: {Cause}. The old one is closed when nothing is unanswered on it.")]
    public static partial void ConnectionMoved(this ILogger logger, string connection, string endpoint, string newEndpoint, string cause);

    [LoggerMessage(EventId = 1017, EventName = "MoveForced", Level = LogLevel.Warning, Message = "Connection {Connection}: {Endpoint} was removed and is still in use after {Limit}; it is closed by force. What is unanswered is sent and handled again.")]
    public static partial void MoveForced(this ILogger logger, string connection, string endpoint, TimeSpan limit);

    [LoggerMessage(EventId = 1022, EventName = "AddressUnanswered", Level = LogLevel.Information, Message = "Connection {Connection}: {Endpoint} does not acknowledge what is sent. Looking whether the address has moved.")]
    public static partial void AddressUnanswered(this ILogger logger, string connection, string endpoint);

    [LoggerMessage(EventId = 1018, EventName = "SecretRenewed", Level = LogLevel.Information, Message = "Connection {Connection}: the broker was given the next secret.")]
    public static partial void SecretRenewed(this ILogger logger, string connection);

    [LoggerMessage(EventId = 1019, EventName = "SecretRenewalFailed", Level = LogLevel.Warning, Message = "Connection {Connection}: the secret was not renewed: {Error}. The broker may end the connection when it expires.")]
    public static partial void SecretRenewalFailed(this ILogger logger, string connection, string error);

    [LoggerMessage(EventId = 1020, EventName = "NodeNamed", Level = LogLevel.Information, Message = "Connection {Connection}: {Endpoint} is node {Node}.")]
    private static partial void NodeNamedCore(this ILogger logger, string connection, string endpoint, string node);

    [LoggerMessage(EventId = 1021, EventName = "NodeNameUnknown", Level = LogLevel.Debug, Message = "Connection {Connection}: the resolver did not tell the node behind {Endpoint}: {Error}.")]
    public static partial void NodeNameUnknown(this ILogger logger, string connection, string endpoint, string error);

    [LoggerMessage(EventId = 1023, EventName = "CancellationCallbackFailed", Message = "A callback that the application has registered on a cancellation token threw {Error}. Nothing else is affected (said {Repeats} times more since it was last logged)")]
    public static partial void CancellationCallbackFailed(this ILogger logger, LogLevel level, string error, int repeats);

    [LoggerMessage(EventId = 1100, EventName = "ChannelClosedByBroker", Level = LogLevel.Warning, Message = "Lane {Lane}: the broker closed the channel: {ReplyCode} {ReplyText}.")]
    private static partial void ChannelClosedByBrokerCore(this ILogger logger, int lane, int replyCode, string replyText);

    public static void Connected(this ILogger logger, string connection, string endpoint, string? cluster, string? node, bool again)
        => logger.ConnectedCore(connection, endpoint, cluster is null ? Unknown : PeerText.Sanitize(cluster), node is null ? Unknown : PeerText.Sanitize(node), again);

    public static void ConnectAttemptFailed(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason, long failures, TimeSpan delay)
        => logger.ConnectAttemptFailedCore(connection, endpoint, reason, failures, delay);

    public static void ConnectionLost(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason, int replyCode, string replyText)
        => logger.ConnectionLostCore(connection, endpoint, reason, replyCode, PeerText.Sanitize(replyText));

    public static void ConnectionFaulted(this ILogger logger, string connection, string endpoint, ConnectionFailureReason reason, TimeSpan delay, string replyText)
        => logger.ConnectionFaultedCore(connection, endpoint, reason, delay, PeerText.Sanitize(replyText));

    public static void NodeNamed(this ILogger logger, string connection, string endpoint, string node)
        => logger.NodeNamedCore(connection, endpoint, PeerText.Sanitize(node));

    public static void ConnectionBlocked(this ILogger logger, string connection, string reason) => logger.ConnectionBlockedCore(connection, PeerText.Sanitize(reason));

    public static void ChannelClosedByBroker(this ILogger logger, int lane, int replyCode, string replyText)
        => logger.ChannelClosedByBrokerCore(lane, replyCode, PeerText.Sanitize(replyText));
}
