namespace ResilientRabbit.Publishing;

/// <summary>How a pending message ends.</summary>
internal enum SettleKind
{
    Confirmed,
    Returned,

    /// <summary>Its deadline has passed.</summary>
    Expired,

    /// <summary>The caller's token was cancelled.</summary>
    Cancelled,

    /// <summary>The broker refuses this very message: it closed the channel because of it.</summary>
    Rejected,

    /// <summary>It cannot be put into frames.</summary>
    Unsendable,

    /// <summary>The client was closed while it was pending.</summary>
    Closed,

    /// <summary>The pending limit was reached and the options say to fail.</summary>
    NoRoom,
}
