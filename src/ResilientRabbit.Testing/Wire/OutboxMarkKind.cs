namespace ResilientRabbit.Testing.Wire;

internal enum OutboxMarkKind
{
    /// <summary>What follows goes out in a write of its own.</summary>
    Boundary,

    /// <summary>No byte follows: FIN. Reading goes on.</summary>
    Fin,

    /// <summary>The socket is closed with a reset.</summary>
    Reset,
}
