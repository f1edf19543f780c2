namespace ResilientRabbit.Testing.Server;

/// <summary>How far a connection is.</summary>
internal enum ConnectionStage
{
    /// <summary>Nothing but the protocol header is expected.</summary>
    Header,
    Starting,
    Securing,
    Tuning,
    Opening,
    Running,

    /// <summary>The broker said close and waits for close-ok; everything else is ignored.</summary>
    Closing,

    /// <summary>Nothing is read any more.</summary>
    Ended,
}
