namespace ResilientRabbit.Testing.Faults;

/// <summary>
/// What a link tells its owner (a connection of the broker or of the proxy) when a fault said something in its name: the frame is on its way
/// already, the owner only brings its own state into line. Called from inside a read or a send, possibly under the owner's own lock:
/// implementations remember and act at their next turn, and send nothing from inside the call.
/// </summary>
internal interface IFaultTarget
{
    /// <summary>channel.close was sent: the channel is closing, and only close-ok is expected on it.</summary>
    void ChannelClosedByFault(ushort channel);

    /// <summary>connection.close was sent: the connection is closing, and only close-ok is expected on it.</summary>
    void ConnectionClosedByFault();

    /// <summary>basic.cancel was sent for a consumer: it gets nothing more.</summary>
    void ConsumerCancelledByFault(ushort channel, string consumerTag);
}
