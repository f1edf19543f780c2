namespace ResilientRabbit.Testing.Wire;

internal enum OutboxMarkKind
{
    /// <summary>What follows goes out in a write of its own.</summary>
    Boundary,

    /// <summary>No byte follows: FIN. What the peer still sends is thrown away.</summary>
    Fin,

    /// <summary>No byte follows: FIN. What the peer still sends is served.</summary>
    HalfClose,

    /// <summary>The socket is closed with a reset.</summary>
    Reset,
}
