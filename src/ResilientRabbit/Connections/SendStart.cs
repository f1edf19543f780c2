namespace ResilientRabbit.Connections;

/// <summary>Who sends what was just collected.</summary>
internal enum SendStart
{
    /// <summary>Whoever is sending already.</summary>
    None,

    /// <summary>The writing thread.</summary>
    Here,

    /// <summary>A thread of the pool.</summary>
    OnPool,
}
