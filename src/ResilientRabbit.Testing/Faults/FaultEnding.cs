namespace ResilientRabbit.Testing.Faults;

/// <summary>How a fault ends a connection, or a part of it.</summary>
internal enum FaultEnding
{
    /// <summary>FIN to the client; what it still sends is read and thrown away until it closes too.</summary>
    Fin,

    /// <summary>RST to the client.</summary>
    Reset,

    /// <summary>FIN to the client, but what it still sends is served.</summary>
    HalfClose,
}
