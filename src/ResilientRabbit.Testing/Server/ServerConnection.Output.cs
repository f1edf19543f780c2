using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <content>What goes out.</content>
internal sealed partial class ServerConnection
{
    public void Send<TMethod>(ushort channel, in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        _link.Send(channel, method);
        Host.HasOutput(this);
    }

    public void SendContent<TMethod>(ushort channel, in TMethod method, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        _link.SendContent(channel, method, properties, body);
        Host.HasOutput(this);
    }

    public void SendAck(ushort channel, ulong sequence, bool multiple)
    {
        _link.SendAck(channel, sequence, multiple);
        Host.HasOutput(this);
    }

    public void SendHeartbeat()
    {
        _link.SendHeartbeat();
        Host.HasOutput(this);
    }

    public void SendHeader()
    {
        _link.SendRaw(ProtocolHeader.Amqp091);
        Host.HasOutput(this);
    }

    // access.request-ok has no other use: a frame with ticket 1, written by hand.
    public void SendAccessOk(ushort channel)
    {
        _link.SendRaw([1, (byte)(channel >> 8), (byte)channel, 0, 0, 0, 6, 0, 30, 0, 11, 0, 1, Frame.End]);
        Host.HasOutput(this);
    }

    /// <summary>The channel has answers to send at the end of the turn.</summary>
    public void AnswersWait(ServerChannel channel)
    {
        if (!_answering.Contains(channel))
        {
            _answering.Add(channel);
            Host.HasOutput(this);
        }
    }

    /// <summary>End of the turn: answers go into the output.</summary>
    public void CollectAnswers()
    {
        foreach (ServerChannel channel in _answering)
        {
            channel.Publishing.FlushConfirms();
        }

        _answering.Clear();
    }

    public void Flush()
    {
        Sent = true;
        _link.Flush();
    }

    private async Task ServeWhenRoomAsync()
    {
        await _link.WaitForRoomAsync(DeliverUpTo / 2).ConfigureAwait(false);
        Host.Turn(this, static connection =>
        {
            connection._waitsForRoom = false;
            foreach (ServerChannel channel in connection._channels.Values.ToArray())
            {
                channel.Consuming.ServeAll();
            }
        });
    }
}
