namespace ResilientRabbit.Consuming;

/// <summary>The kinds of end of a consumer channel.</summary>
internal enum ConsumerEndReason
{
    /// <summary>The connection is gone.</summary>
    SessionLost,

    /// <summary>The broker or a fault closed the channel.</summary>
    ChannelClosed,

    /// <summary>The broker cancelled the consumer: the queue was deleted, or its node or leader is gone.</summary>
    CancelledByBroker,

    /// <summary>Open, with messages ready and room for them, and nothing comes.</summary>
    Silent,

    /// <summary>Replaced by us after a long silence, in case it is not what it seems.</summary>
    Refreshed,

    /// <summary>Ended by us: paused, stopped or given up.</summary>
    Retired,
}
