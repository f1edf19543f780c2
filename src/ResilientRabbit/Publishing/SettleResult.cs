namespace ResilientRabbit.Publishing;

/// <summary>What came of an attempt to settle or take back a message.</summary>
internal enum SettleResult
{
    /// <summary>Somebody else was first, or the object has a new life.</summary>
    TooLate,

    /// <summary>Done by this call: the caller finishes it.</summary>
    Settled,

    /// <summary>Noted while the body is being copied: the writer finishes it.</summary>
    Deferred,
}
