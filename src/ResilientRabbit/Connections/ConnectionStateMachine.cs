namespace ResilientRabbit.Connections;

/// <summary>The life of one connection as a pure function. Blocked is data of the status, not a state.</summary>
internal static class ConnectionStateMachine
{
    /// <summary>Returns the state that follows, or null when the trigger cannot happen in that state.</summary>
    public static ConnectionState? Next(ConnectionState state, ConnectionTrigger trigger) => (state, trigger) switch
    {
        (ConnectionState.Disconnected, ConnectionTrigger.ConnectRequested) => ConnectionState.Connecting,

        (ConnectionState.Connecting, ConnectionTrigger.Opened) => ConnectionState.Connected,
        (ConnectionState.Connecting, ConnectionTrigger.AttemptFailed) => ConnectionState.Connecting,
        (ConnectionState.Connecting, ConnectionTrigger.AttemptRefused) => ConnectionState.Faulted,

        (ConnectionState.Connected, ConnectionTrigger.Lost) => ConnectionState.Reconnecting,

        (ConnectionState.Reconnecting, ConnectionTrigger.Opened) => ConnectionState.Connected,
        (ConnectionState.Reconnecting, ConnectionTrigger.AttemptFailed) => ConnectionState.Reconnecting,
        (ConnectionState.Reconnecting, ConnectionTrigger.AttemptRefused) => ConnectionState.Faulted,

        (ConnectionState.Faulted, ConnectionTrigger.RetryDue) => ConnectionState.Connecting,

        (ConnectionState.Closed, _) => null,
        (_, ConnectionTrigger.CloseRequested) => ConnectionState.Closed,
        _ => null,
    };
}
