namespace ResilientRabbit;

/// <summary>Says why a connection could not be opened or was lost.</summary>
public enum ConnectionFailureReason
{
    /// <summary>No connection was possible within the time limit; the last attempt's cause is the inner exception.</summary>
    Unreachable,

    /// <summary>The name of the host could not be resolved.</summary>
    NameNotResolved,

    /// <summary>TCP was accepted or attempted, but no usable AMQP connection came about within the connect timeout.</summary>
    TimedOut,

    /// <summary>The peer closed the connection or the network failed.</summary>
    Dropped,

    /// <summary>The peer was silent for longer than the heartbeat allows.</summary>
    Silent,

    /// <summary>User name or password were refused (AMQP 403).</summary>
    AuthenticationFailed,

    /// <summary>The virtual host does not exist or is closed to this user (AMQP 530).</summary>
    VirtualHostRefused,

    /// <summary>The broker closed the connection on purpose: shutdown, maintenance or an operator (AMQP 320).</summary>
    ClosedByBroker,

    /// <summary>The peer does not speak AMQP 0-9-1 as expected.</summary>
    ProtocolError,

    /// <summary>The client was disposed or is shutting down.</summary>
    ClientClosed,

    /// <summary>The TLS handshake failed: the peer does not speak TLS, or its certificate is not accepted.</summary>
    TlsFailed,

    /// <summary>The provider of credentials failed, did not answer in time, or returned credentials that have expired.</summary>
    CredentialsUnavailable,
}
