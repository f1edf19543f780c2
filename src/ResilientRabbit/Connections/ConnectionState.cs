namespace ResilientRabbit;

/// <summary>The state of one connection, or of a client as the sum of its connections.</summary>
public enum ConnectionState
{
    /// <summary>Not yet asked to connect.</summary>
    Disconnected,

    /// <summary>The first connection is being opened.</summary>
    Connecting,

    /// <summary>Usable: the handshake is done and a channel was opened. A blocked connection is still connected.</summary>
    Connected,

    /// <summary>Lost, and being opened again.</summary>
    Reconnecting,

    /// <summary>Refused for a reason that time alone does not heal (credentials, virtual host); retried at the longest delay.</summary>
    Faulted,

    /// <summary>Closed for good.</summary>
    Closed,
}
