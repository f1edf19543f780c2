namespace ResilientRabbit.Testing.Server;

/// <summary>The life of a channel.</summary>
internal enum ChannelState
{
    /// <summary>Its number was used; channel.open has to be the first method.</summary>
    New,

    Open,

    /// <summary>The broker closed it and waits for close-ok.</summary>
    Closing,

    Gone,
}
