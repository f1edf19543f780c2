namespace ResilientRabbit.Declaring;

/// <summary>Where the declaration of one entity stands.</summary>
internal enum DeclarationState
{
    /// <summary>To be declared, for the first time or again.</summary>
    Pending,

    /// <summary>Accepted by the broker.</summary>
    Declared,

    /// <summary>Refused by the broker for a reason that a retry on the same session does not heal.</summary>
    Refused,
}
