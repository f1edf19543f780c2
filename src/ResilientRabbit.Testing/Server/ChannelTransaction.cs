using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Transactions of a channel, and the switch to confirms, which excludes them.</summary>
internal sealed class ChannelTransaction(ServerChannel channel)
{
    private readonly List<(Exchange Exchange, StoredMessage Message, bool Mandatory)> _publishes = [];
    private readonly List<(List<Delivery> Deliveries, Settlement Settlement)> _settlements = [];

    /// <summary>Whether tx.select came.</summary>
    public bool IsOpen { get; private set; }

    public void ConfirmSelect(in AmqpConfirm.Select method)
    {
        if (IsOpen)
        {
            throw AmqpErrorException.Precondition("cannot switch from tx to confirm mode");
        }

        channel.Publishing.Confirms = true;
        if (!method.NoWait)
        {
            channel.Send(new AmqpConfirm.SelectOk());
        }
    }

    public void Select()
    {
        if (channel.Publishing.Confirms)
        {
            throw AmqpErrorException.Precondition("cannot switch from confirm to tx mode");
        }

        IsOpen = true;
        channel.Send(new AmqpTx.SelectOk());
    }

    public void Add(Exchange exchange, StoredMessage message, bool mandatory) => _publishes.Add((exchange, message, mandatory));

    public void Add(List<Delivery> deliveries, Settlement settlement) => _settlements.Add(([.. deliveries], settlement));

    public void Commit()
    {
        CheckOpen();
        bool accepted = true;
        foreach ((Exchange exchange, StoredMessage message, bool mandatory) in _publishes)
        {
            accepted &= channel.Publishing.Route(exchange, message, mandatory, sequence: 0);
        }

        _publishes.Clear();
        (List<Delivery> Deliveries, Settlement Settlement)[] settlements = [.. _settlements];
        _settlements.Clear();
        foreach ((List<Delivery> deliveries, Settlement settlement) in settlements)
        {
            channel.Consuming.Settle(deliveries, settlement);
        }

        if (!accepted)
        {
            throw AmqpErrorException.Precondition("partial tx completion");
        }

        channel.Send(new AmqpTx.CommitOk());
    }

    public void Rollback()
    {
        CheckOpen();
        _publishes.Clear();
        channel.Consuming.Restore(TakeAll());
        channel.Send(new AmqpTx.RollbackOk());
    }

    /// <summary>Takes the deliveries whose settlement was not committed.</summary>
    public List<Delivery> TakeAll()
    {
        List<Delivery> all = [.. _settlements.SelectMany(static settlement => settlement.Deliveries)];
        _settlements.Clear();
        return all;
    }

    private void CheckOpen()
    {
        if (!IsOpen)
        {
            throw AmqpErrorException.Precondition("channel is not transactional");
        }
    }
}
