namespace ResilientRabbit.Connections;

/// <summary>What an exception of a write means for the message.</summary>
internal enum WriteFailure
{
    /// <summary>The channel or session is gone and the frames were not handed over.</summary>
    ChannelGone,

    /// <summary>This message cannot be put into frames; the channel is well and its tag was not used.</summary>
    BadMessage,

    /// <summary>Nothing is known: the message counts as written and the channel is given up.</summary>
    Unclear,
}
