namespace ResilientRabbit.Connections;

/// <summary>
/// A channel in confirm mode with one writer, who adds messages and sends them as a run. Tags count from 1 and rise by one with each message
/// of a run that was sent.
/// </summary>
internal interface IPublishChannel
{
    IPublishSession Session { get; }

    /// <summary>The largest frame in bytes; 0 is no limit.</summary>
    uint FrameMax { get; }

    /// <summary>Whether the transport takes more now. When not, <see cref="IConfirmSink.OnRoom"/> follows.</summary>
    bool HasRoom { get; }

    /// <summary>Adds a message to the run; everything of it is copied. When it throws, the message cannot be encoded and was not added.</summary>
    void Add(in OutgoingPublish message);

    /// <summary>Sends the run, or collects it to be sent in a moment. False: the channel is gone and nothing of the run is sent.</summary>
    bool Send();

    /// <summary>Closes the channel in the background.</summary>
    void Retire();
}
