using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <content>What faults do with a link.</content>
internal sealed partial class AmqpLink
{
    /// <summary>Ends the connection after all that was sent so far.</summary>
    internal void End(FaultEnding ending)
    {
        if (ending != FaultEnding.HalfClose)
        {
            _socket.SetEnded();
        }

        InjectOut(lane => lane.Then(ending));
    }

    /// <summary>Works on the direction to the client, under its lock, and sends.</summary>
    internal void InjectOut(Action<OutLane> action) => _out.Inject(() => action(_out));

    /// <summary>Reads nothing more until the task completes.</summary>
    internal void PauseReading(Task released) => _in.PauseUntil(released);

    /// <summary>channel.close in the owner's name.</summary>
    internal void CloseChannel(Command cause, int replyCode, string replyText)
    {
        InjectOut(lane =>
        {
            lane.EmitRaw(AmqpFrames.ChannelClose(cause.Channel, replyCode, replyText, cause.Method));
            lane.CloseChannel(cause.Channel);
        });
        Target?.ChannelClosedByFault(cause.Channel);
    }

    /// <summary>connection.close in the owner's name.</summary>
    internal void CloseConnection(Command cause, int replyCode, string replyText)
    {
        InjectOut(lane =>
        {
            lane.EmitRaw(AmqpFrames.ConnectionClose(replyCode, replyText, cause.Method));
            lane.CloseAll();
        });
        Target?.ConnectionClosedByFault();
    }

    /// <summary>basic.cancel in the owner's name.</summary>
    internal void CancelConsumer(ushort channel, string consumerTag)
    {
        InjectOut(lane => lane.EmitRaw(AmqpFrames.Cancel(channel, consumerTag)));
        Target?.ConsumerCancelledByFault(channel, consumerTag);
    }

    /// <summary>Decides about the confirm of a publish that is about to go on to the broker.</summary>
    internal void Decide(Command publish, Confirm confirm, int afterFrames = 0) => Confirms.Decide(publish.Channel, publish.PublishNumber, confirm, afterFrames);

    /// <summary>What a script makes of a publish.</summary>
    internal Command Scripted(Command publish)
    {
        if (_faults.Script.Take() is not { } step)
        {
            return publish;
        }

        if (step.Confirm != Confirm.Ack || step.AfterFrames > 0)
        {
            Decide(publish, step.Confirm, step.AfterFrames);
        }

        return step.Store ? publish : Nowhere.Route(publish);
    }

    /// <summary>A command of the client has gone on: confirms that waited for it.</summary>
    internal void FramePassed(Command command)
    {
        if (Confirms.HasWaiting && !command.IsHeartbeat)
        {
            InjectOut(lane =>
            {
                foreach ((ushort number, ChannelConfirms channel) in Confirms.Channels)
                {
                    lane.ProcessAnswers(number, channel.FramePassed(_faults.Confirms?.Rule));
                }
            });
        }
    }
}
