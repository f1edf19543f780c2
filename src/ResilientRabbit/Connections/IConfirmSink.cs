namespace ResilientRabbit.Connections;

/// <summary>Receives what the broker says on a publish channel. Called on the driver's loop: implementations do a bounded amount of work and never wait.</summary>
internal interface IConfirmSink
{
    void OnAck(ulong tag, bool multiple);

    /// <summary>All bytes that were received together are used up: what was put off at an ack is to be done now.</summary>
    void OnBurstEnd();

    void OnNack(ulong tag, bool multiple);

    /// <summary>A message was returned; its ack follows. The id is 0 when the returned message carries none of ours.</summary>
    void OnReturn(long publishId, int replyCode, string replyText);

    /// <summary>The transport takes more again; see <see cref="IPublishChannel.HasRoom"/>.</summary>
    void OnRoom();

    /// <summary>The channel is no longer usable. The code is 0 when the session was lost.</summary>
    void OnClosed(int replyCode, string replyText);
}
