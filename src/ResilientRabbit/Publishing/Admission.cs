namespace ResilientRabbit.Publishing;

/// <summary>The ledger's answer to a message that wants in.</summary>
internal enum Admission
{
    /// <summary>It is in its lane.</summary>
    Admitted,

    /// <summary>It waits for room, in order.</summary>
    Waiting,

    /// <summary>There is no room and it may not wait.</summary>
    Refused,

    /// <summary>The client is closing.</summary>
    Closed,

    /// <summary>It was cancelled before it came in, and is counted.</summary>
    Gone,
}
