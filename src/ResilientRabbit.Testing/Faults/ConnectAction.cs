namespace ResilientRabbit.Testing.Faults;

internal enum ConnectAction
{
    /// <summary>Reset at once: as near to a refusal as an open listener gets.</summary>
    Reset,

    /// <summary>FIN at once.</summary>
    Close,

    /// <summary>Accepted, never read, never answered, until released.</summary>
    Silence,

    /// <summary>Bytes that are no AMQP, then FIN.</summary>
    Send,
}
