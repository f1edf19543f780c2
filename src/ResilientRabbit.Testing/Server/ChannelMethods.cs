using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Which method goes where on an open channel.</summary>
internal static class ChannelMethods
{
    public const int AccessClass = 30;

    public static void Handle(ServerChannel channel, in Frame frame, AmqpMethod method)
    {
        switch ((int)method >> 16)
        {
            case 20: Channel(channel, frame, method); break;
            case AccessClass: Access(channel, frame); break;
            case 40: Exchange(channel.Topology, frame, method); break;
            case 50: Queue(channel.Topology, frame, method); break;
            case 60: Basic(channel, frame, method); break;
            case 85 when method == AmqpMethod.ConfirmSelect: channel.Transaction.ConfirmSelect(frame.Read<AmqpConfirm.Select>()); break;
            case 90: Tx(channel.Transaction, method); break;
            default: throw Unknown();
        }
    }

    private static AmqpErrorException Unknown() => AmqpErrorException.CommandInvalid("unimplemented method");

    private static void Channel(ServerChannel channel, in Frame frame, AmqpMethod method)
    {
        switch (method)
        {
            case AmqpMethod.ChannelOpen: throw AmqpErrorException.ChannelError("second 'channel.open' seen");
            case AmqpMethod.ChannelClose:
                _ = frame.Read<AmqpChannel.Close>();
                channel.CloseByClient();
                break;
            case AmqpMethod.ChannelFlow:
                if (!frame.Read<AmqpChannel.Flow>().Active)
                {
                    throw AmqpErrorException.NotImplemented("active=false");
                }

                channel.Send(new AmqpChannel.FlowOk(Active: true));
                break;
            default: throw Unknown();
        }
    }

    // access.request is a relic of AMQP 0-9 that some clients still send; any ticket will do.
    private static void Access(ServerChannel channel, in Frame frame)
    {
        if ((ushort)frame.Method != 10)
        {
            throw Unknown();
        }

        channel.Connection.SendAccessOk(channel.Number);
    }

    private static void Exchange(ChannelTopology topology, in Frame frame, AmqpMethod method)
    {
        switch (method)
        {
            case AmqpMethod.ExchangeDeclare: topology.Exchanges.Declare(frame.Read<AmqpExchange.Declare>()); break;
            case AmqpMethod.ExchangeDelete: topology.Exchanges.Delete(frame.Read<AmqpExchange.Delete>()); break;
            case AmqpMethod.ExchangeBind: topology.Exchanges.Bind(frame.Read<AmqpExchange.Bind>()); break;
            case AmqpMethod.ExchangeUnbind: topology.Exchanges.Unbind(frame.Read<AmqpExchange.Unbind>()); break;
            default: throw Unknown();
        }
    }

    private static void Queue(ChannelTopology topology, in Frame frame, AmqpMethod method)
    {
        switch (method)
        {
            case AmqpMethod.QueueDeclare: topology.Queues.Declare(frame.Read<AmqpQueue.Declare>()); break;
            case AmqpMethod.QueueBind: topology.Queues.Bind(frame.Read<AmqpQueue.Bind>()); break;
            case AmqpMethod.QueueUnbind: topology.Queues.Unbind(frame.Read<AmqpQueue.Unbind>()); break;
            case AmqpMethod.QueuePurge: topology.Queues.Purge(frame.Read<AmqpQueue.Purge>()); break;
            case AmqpMethod.QueueDelete: topology.Queues.Delete(frame.Read<AmqpQueue.Delete>()); break;
            default: throw Unknown();
        }
    }

    private static void Basic(ServerChannel channel, in Frame frame, AmqpMethod method)
    {
        ChannelConsuming consuming = channel.Consuming;
        switch (method)
        {
            case AmqpMethod.BasicAck:
                AmqpBasic.Ack ack = frame.Read<AmqpBasic.Ack>();
                consuming.Settle(ack.DeliveryTag, ack.Multiple, Settlement.Ack);
                break;
            case AmqpMethod.BasicNack:
                AmqpBasic.Nack nack = frame.Read<AmqpBasic.Nack>();
                consuming.Settle(nack.DeliveryTag, nack.Multiple, nack.Requeue ? Settlement.Requeue : Settlement.Discard);
                break;
            case AmqpMethod.BasicReject:
                AmqpBasic.Reject reject = frame.Read<AmqpBasic.Reject>();
                consuming.Settle(reject.DeliveryTag, multiple: false, reject.Requeue ? Settlement.Requeue : Settlement.Discard);
                break;
            case AmqpMethod.BasicGet: consuming.Get(frame.Read<AmqpBasic.Get>()); break;
            case AmqpMethod.BasicQos: consuming.Qos(frame.Read<AmqpBasic.Qos>()); break;
            case AmqpMethod.BasicConsume: consuming.Consume(frame.Read<AmqpBasic.Consume>()); break;
            case AmqpMethod.BasicCancel: consuming.Cancel(frame.Read<AmqpBasic.Cancel>()); break;
            case AmqpMethod.BasicCancelOk: _ = frame.Read<AmqpBasic.CancelOk>(); break;
            case AmqpMethod.BasicRecoverAsync: consuming.Recover(frame.Read<AmqpBasic.RecoverAsync>().Requeue, answer: null); break;
            case AmqpMethod.BasicRecover:
                consuming.Recover(frame.Read<AmqpBasic.Recover>().Requeue, static channel => channel.Send(new AmqpBasic.RecoverOk()));
                break;
            default: throw Unknown();
        }
    }

    private static void Tx(ChannelTransaction transaction, AmqpMethod method)
    {
        switch (method)
        {
            case AmqpMethod.TxSelect: transaction.Select(); break;
            case AmqpMethod.TxCommit: transaction.Commit(); break;
            case AmqpMethod.TxRollback: transaction.Rollback(); break;
            default: throw Unknown();
        }
    }
}
