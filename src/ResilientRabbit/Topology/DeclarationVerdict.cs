namespace ResilientRabbit.Declaring;

/// <summary>What a failed declaration means.</summary>
internal enum DeclarationVerdict
{
    /// <summary>The session is gone: the entity is not to blame, another session is needed.</summary>
    SessionLost,

    /// <summary>Try again later: a node is down, a queue has no leader, an answer did not come.</summary>
    Transient,

    /// <summary>An exchange or a queue that a binding names does not exist.</summary>
    Missing,

    /// <summary>Refused: other arguments, no permission, locked.</summary>
    Refused,

    /// <summary>Refused, and the broker closed the whole connection for it: to be tried again only when the application asks for it.</summary>
    RefusedWithConnection,
}
