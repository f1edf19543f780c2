using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <content>How it ends, by whom ever.</content>
internal sealed partial class ServerConnection
{
    /// <summary>Closes the connection with an error.</summary>
    public void Fail(AmqpErrorException error, AmqpMethod method)
    {
        if (Stage is ConnectionStage.Closing or ConnectionStage.Ended)
        {
            return;
        }

        EndChannels();
        Send(0, new AmqpConnection.Close((ushort)error.Code, error.Text, (ushort)((int)method >> 16), (ushort)method));
        Stage = ConnectionStage.Closing;
    }

    /// <summary>Closes an open connection with 320, as an operator does; one that is not open yet just ends.</summary>
    public void Force(string reason)
    {
        if (Stage == ConnectionStage.Running)
        {
            Fail(new AmqpErrorException(ReplyCode.ConnectionForced, reason), AmqpMethod.None);
        }
        else if (Stage != ConnectionStage.Closing)
        {
            Reset();
        }
    }

    /// <summary>Says nothing more, sends what is pending and FIN.</summary>
    public void Finish()
    {
        EndChannels();
        Stage = ConnectionStage.Ended;
        _finish = true;
    }

    /// <summary>Ends the socket at once, with a reset.</summary>
    public void Reset() => _link.Reset();

    /// <summary>The node dies: nothing is worked through any more. The socket is reset before.</summary>
    public void Die()
    {
        EndChannels();
        Stage = ConnectionStage.Ended;
        _finish = true;
    }

    public void EndChannels()
    {
        foreach (ServerChannel channel in _channels.Values.ToArray())
        {
            channel.Publishing.FlushConfirms();
            channel.End(closing: false);
        }

        _channels.Clear();
        _lastChannel = null;
        if (_virtualHost is { } host)
        {
            foreach (Queue queue in host.Queues.Where(queue => ReferenceEquals(queue.Owner, this)).ToArray())
            {
                host.DeleteQueue(queue);
            }
        }
    }

    void IFaultTarget.ChannelClosedByFault(ushort channel) => Later(() =>
    {
        if (_channels.TryGetValue(channel, out ServerChannel? closed))
        {
            closed.End(closing: true);
        }
    });

    void IFaultTarget.ConnectionClosedByFault() => Later(() =>
    {
        EndChannels();
        Stage = ConnectionStage.Closing;
    });

    void IFaultTarget.ConsumerCancelledByFault(ushort channel, string consumerTag) => Later(() =>
    {
        if (_channels.TryGetValue(channel, out ServerChannel? owner))
        {
            owner.Consuming.Drop(consumerTag);
        }
    });

    /// <summary>What faults did in the connection's name is brought into line; the host calls it at the end of a turn.</summary>
    public void CatchUp()
    {
        Action[] work;
        lock (_afterFault)
        {
            work = [.. _afterFault];
            _afterFault.Clear();
        }

        foreach (Action action in work)
        {
            action();
        }
    }

    private void Later(Action action)
    {
        lock (_afterFault)
        {
            _afterFault.Add(action);
        }

        Host.NeedsCatchUp(this);
    }

    private void End()
    {
        EndChannels();
        Stage = ConnectionStage.Ended;
    }
}
