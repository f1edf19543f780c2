namespace ResilientRabbit.Connections;

/// <summary>Where a lane gets its sessions from: one supervised connection.</summary>
internal interface ISessionSource
{
    /// <summary>The live session, or null while there is none.</summary>
    IPublishSession? Session { get; }

    /// <summary>Why there is none, as far as known.</summary>
    ConnectionException? LastError { get; }

    /// <summary>Raised when a session was opened, lost, blocked or unblocked. Handlers do not block.</summary>
    event Action? SessionChanged;

    /// <summary>Starts connecting at the first call.</summary>
    void Start();
}
