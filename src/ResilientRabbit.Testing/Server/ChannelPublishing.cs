using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Publishing on a channel: checks in RabbitMQ's order, routing, returns and confirms.</summary>
internal sealed class ChannelPublishing(ServerChannel channel)
{
    private readonly ConfirmTracker _confirms = new();

    /// <summary>Whether confirm.select came.</summary>
    public bool Confirms { get; set; }

    /// <summary>Publishes without an answer.</summary>
    public int Unconfirmed => _confirms.Unconfirmed;

    /// <summary>Takes a complete content.</summary>
    public void Publish(ContentAssembler content)
    {
        AmqpBasic.Publish method = content.Method;
        if (channel.Connection.Options.AckOnly)
        {
            AcknowledgeOnly(content);
            return;
        }

        if (method.Immediate)
        {
            throw AmqpErrorException.NotImplemented("immediate=true");
        }

        CheckSize(content.BodySize);
        Exchange exchange = Find(method.Exchange);
        (byte[] data, int propertiesLength) = content.Take();
        PropertyCheck.Check(data.AsSpan(0, propertiesLength));
        StoredMessage message = PublishChecks.Prepare(channel, new StoredMessage(method.Exchange, method.RoutingKey, data, propertiesLength));
        ulong sequence = Confirms ? _confirms.Next() : 0;
        if (channel.Transaction.IsOpen)
        {
            channel.Transaction.Add(exchange, message, method.Mandatory);
        }
        else
        {
            Route(exchange, message, method.Mandatory, sequence);
        }
    }

    /// <summary>Gives a message to its queues; returns and answers it. True when no queue refused it.</summary>
    public bool Route(Exchange exchange, StoredMessage message, bool mandatory, ulong sequence)
    {
        IReadOnlyList<Queue> queues = exchange.Route(message);
        if (exchange.Name.Length == 0)
        {
            channel.Connection.Host.ReplyTo.Deliver(message);
        }

        if (queues.Count == 0)
        {
            if (mandatory)
            {
                channel.SendContent(
                    new AmqpBasic.Return(ReplyCode.NoRoute, ReplyCode.Name(ReplyCode.NoRoute), message.Exchange, message.RoutingKey),
                    message.RawProperties, message.Body);
            }

            Answer(sequence, PublishOutcome.Accepted);
            return true;
        }

        if (queues.Count == 1 && queues[0].State != QueueState.NoMajority)
        {
            PublishOutcome outcome = queues[0].Publish(message, ticket: null);
            Answer(sequence, outcome);
            return outcome != PublishOutcome.Rejected;
        }

        return RouteToMany(queues, message, sequence);
    }

    /// <summary>Sends the answers that have come together.</summary>
    public void FlushConfirms()
    {
        if (_confirms.HasAnswers)
        {
            _confirms.Flush(channel);
        }
    }

    /// <summary>The channel ends.</summary>
    public void End() => _confirms.Abandon();

    private bool RouteToMany(IReadOnlyList<Queue> queues, StoredMessage message, ulong sequence)
    {
        // The channel waits for every queue at once: its own count keeps the ticket open until all have been asked.
        ConfirmTicket ticket = new(sequence, Completed) { Outstanding = queues.Count + 1 };
        if (sequence != 0)
        {
            _confirms.Open(ticket);
        }

        bool accepted = true;
        foreach (Queue queue in queues)
        {
            PublishOutcome outcome = queue.Publish(message, ticket);
            accepted &= outcome != PublishOutcome.Rejected;
            if (outcome != PublishOutcome.Held)
            {
                ticket.Answer(outcome);
            }
        }

        ticket.Answer(PublishOutcome.Accepted);
        return accepted;
    }

    private void Completed(ConfirmTicket ticket)
    {
        if (ticket.Sequence != 0)
        {
            _confirms.Settle(ticket);
            channel.Connection.AnswersWait(channel);
        }
    }

    private void Answer(ulong sequence, PublishOutcome outcome)
    {
        if (sequence == 0)
        {
            return;
        }

        if (outcome == PublishOutcome.Rejected)
        {
            _confirms.Nack(sequence);
        }
        else
        {
            _confirms.Ack(sequence);
        }

        channel.Connection.AnswersWait(channel);
    }

    private void AcknowledgeOnly(ContentAssembler content)
    {
        content.Drop();
        if (Confirms)
        {
            Answer(_confirms.Next(), PublishOutcome.Accepted);
        }
    }

    private void CheckSize(ulong size)
    {
        long limit = channel.Connection.Options.MaxMessageSize;
        if (size > (ulong)limit)
        {
            // 512 MiB is what RabbitMQ cannot be configured to exceed; its text knows the difference.
            string which = limit == 536_870_912 ? "max size" : "configured max size";
            throw AmqpErrorException.Precondition($"message size {size} is larger than {which} {limit}");
        }
    }

    private Exchange Find(string name)
    {
        VirtualHost host = channel.VirtualHost;
        channel.Access.CheckExchange(Permission.Write, name);
        Exchange exchange = host.GetExchange(name);
        if (exchange.IsInternal)
        {
            throw AmqpErrorException.Refused($"cannot publish to internal {exchange.Text}");
        }

        return exchange;
    }
}
