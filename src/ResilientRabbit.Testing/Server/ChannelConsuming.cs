using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Consumers, gets and acknowledgements of a channel.</summary>
internal sealed partial class ChannelConsuming(ServerChannel channel)
{
    private readonly Dictionary<string, Consumer> _consumers = new(StringComparer.Ordinal);
    private readonly UnackedDeliveries _unacked = new();
    private readonly List<Delivery> _taken = [];
    private ulong _lastTag;
    private int _prefetch;
    private int _channelPrefetch;
    private string? _replyTag;
    private bool _settling;

    /// <summary>Messages delivered on this channel and not settled.</summary>
    public int Unacked => _unacked.Count;

    public IReadOnlyCollection<Consumer> Consumers => _consumers.Values;

    /// <summary>The name under which the channel's direct reply-to consumer is reached; null without one.</summary>
    public string? ReplyToName { get; private set; }

    public void Qos(in AmqpBasic.Qos method)
    {
        if (method.PrefetchSize != 0)
        {
            throw AmqpErrorException.NotImplemented($"prefetch_size!=0 ({method.PrefetchSize})");
        }

        if (method.Global)
        {
            _channelPrefetch = method.PrefetchCount;
        }
        else
        {
            // RabbitMQ reads the flag the other way round than AMQP 0-9-1: false means each new consumer.
            _prefetch = method.PrefetchCount;
            _channelPrefetch = 0;
        }

        channel.Send(new AmqpBasic.QosOk());
        ServeAll();
    }

    public void Consume(in AmqpBasic.Consume method)
    {
        if (method.Queue is Names.ReplyTo)
        {
            ConsumeReplies(method);
            return;
        }

        string name = channel.Topology.Queues.Expand(method.Queue);
        CheckTag(method.ConsumerTag);
        channel.Access.CheckQueue(Permission.Read, name);
        Queue queue = channel.Topology.Queues.Use(name);
        QueueArguments.CheckConsumer(method.Arguments, queue.Settings.IsQuorum, queue.Text);
        CheckExclusive(queue, method.Exclusive);
        if (queue.Settings.IsQuorum && _channelPrefetch > 0)
        {
            throw AmqpErrorException.NotImplemented($"{queue.Text} does not support global qos");
        }

        Consumer consumer = Create(queue, method);
        _consumers.Add(consumer.Tag, consumer);
        if (!method.NoWait)
        {
            channel.Send(new AmqpBasic.ConsumeOk(consumer.Tag));
        }

        queue.AddConsumer(consumer);
    }

    public void Cancel(in AmqpBasic.Cancel method)
    {
        if (_consumers.Remove(method.ConsumerTag, out Consumer? consumer))
        {
            Answer(method);
            consumer.Queue.RemoveConsumer(consumer);
            return;
        }

        if (string.Equals(_replyTag, method.ConsumerTag, StringComparison.Ordinal))
        {
            EndReplies();
        }

        Answer(method);
    }

    public void Get(in AmqpBasic.Get method)
    {
        string name = channel.Topology.Queues.Expand(method.Queue);
        channel.Access.CheckQueue(Permission.Read, name);
        Queue queue = channel.Topology.Queues.Use(name);
        if (queue.Settings is { IsQuorum: true, IsSingleActive: true })
        {
            throw AmqpErrorException.Locked(
                $"cannot obtain access to locked {queue.Text}. basic.get operations are not supported by quorum queues with single active consumer");
        }

        if (queue.Get(method.NoAck) is not { } entry)
        {
            channel.Send(new AmqpBasic.GetEmpty(string.Empty));
            return;
        }

        ulong tag = ++_lastTag;
        entry.Consumer = null;
        if (!method.NoAck)
        {
            Hold(tag, queue, entry);
        }

        var message = (StoredMessage)entry.Message;
        channel.SendContent(
            new AmqpBasic.GetOk(tag, entry.Redelivered, message.Exchange, message.RoutingKey, (uint)queue.ReadyCount),
            PropertiesOf(queue, entry, message, always: true), message.Body);
    }

    public bool HasRoom(Consumer consumer) =>
        channel.State == ChannelState.Open
        && !_settling
        && channel.Connection.HasRoom
        && (consumer.NoAck || _channelPrefetch == 0 || consumer.Queue.Settings.IsQuorum || _unacked.Count < _channelPrefetch);

    public void Deliver(Consumer consumer, Queue queue, QueueEntry entry)
    {
        ulong tag = ++_lastTag;
        if (!consumer.NoAck)
        {
            Hold(tag, queue, entry);
        }

        var message = (StoredMessage)entry.Message;
        channel.SendContent(
            new AmqpBasic.Deliver(consumer.Tag, tag, entry.Redelivered, message.Exchange, message.RoutingKey),
            PropertiesOf(queue, entry, message), message.Body);
    }

    /// <summary>A reply to the channel's direct reply-to consumer.</summary>
    public void DeliverReply(StoredMessage message)
    {
        if (_replyTag is { } tag)
        {
            channel.SendContent(
                new AmqpBasic.Deliver(tag, _lastTag + 1, Redelivered: false, message.Exchange, message.RoutingKey), message.RawProperties, message.Body);
        }
    }

    /// <summary>The broker ended a consumer.</summary>
    public void Cancelled(Consumer consumer)
    {
        if (_consumers.Remove(consumer.Tag) && channel.Connection.Knows("consumer_cancel_notify"))
        {
            channel.Send(new AmqpBasic.Cancel(consumer.Tag, NoWait: true));
        }
    }

    /// <summary>A fault told the client that a consumer is cancelled.</summary>
    public void Drop(string consumerTag)
    {
        if (_consumers.Remove(consumerTag, out Consumer? consumer))
        {
            consumer.Queue.RemoveConsumer(consumer);
        }
    }

    /// <summary>Lets every consumer go on that has room now.</summary>
    public void ServeAll()
    {
        Consumer[] consumers = [.. _consumers.Values];
        foreach (Consumer consumer in consumers)
        {
            consumer.Queue.Consumers.Unblock(consumer);
        }

        foreach (Consumer consumer in consumers)
        {
            consumer.Queue.Pump();
        }
    }

    // A get tells the count always, a delivery only when there is one.
    private static ReadOnlySpan<byte> PropertiesOf(Queue queue, QueueEntry entry, StoredMessage message, bool always = false) =>
        queue.Settings.IsQuorum && (always || entry.DeliveryCount > 0) ? message.PropertiesWith("x-delivery-count", (long)entry.DeliveryCount) : message.RawProperties;

    private static void CheckExclusive(Queue queue, bool exclusive)
    {
        // Quorum queues know no exclusive consumer, and a single active one excludes it.
        bool refused = !queue.Settings.IsQuorum
            && (queue.Consumers.Exclusive is not null || (exclusive && (queue.Consumers.Count > 0 || queue.Settings.IsSingleActive)));
        if (refused)
        {
            throw AmqpErrorException.Refused($"{queue.Text} in exclusive use");
        }
    }

    private Consumer Create(Queue queue, in AmqpBasic.Consume method)
    {
        int prefetch = queue.Settings.IsQuorum && _prefetch == 0 ? 2000 : _prefetch;
        return new Consumer(channel, queue, method.ConsumerTag.Length > 0 ? method.ConsumerTag : Names.ConsumerTag())
        {
            NoAck = method.NoAck,
            IsExclusive = method.Exclusive && !queue.Settings.IsQuorum,
            Prefetch = prefetch,
            Priority = (int)(QueueArguments.Long(method.Arguments, "x-priority") ?? 0),
            CancelOnFailover = method.Arguments.TryGetValue("x-cancel-on-ha-failover", out object? cancel) && cancel is true,
            Arguments = method.Arguments,
        };
    }

    private void ConsumeReplies(in AmqpBasic.Consume method)
    {
        CheckTag(method.ConsumerTag);
        if (!method.NoAck)
        {
            throw AmqpErrorException.Precondition("reply consumer cannot acknowledge");
        }

        if (_replyTag is not null)
        {
            throw AmqpErrorException.Precondition("reply consumer already set");
        }

        _replyTag = method.ConsumerTag.Length > 0 ? method.ConsumerTag : Names.ConsumerTag();
        ReplyToName = $"{Names.ReplyTo}.{Names.ReplySuffix()}";
        channel.Connection.Host.ReplyTo.Add(ReplyToName, this);
        if (!method.NoWait)
        {
            channel.Send(new AmqpBasic.ConsumeOk(_replyTag));
        }
    }

    private void EndReplies()
    {
        if (ReplyToName is { } name)
        {
            channel.Connection.Host.ReplyTo.Remove(name);
            ReplyToName = null;
            _replyTag = null;
        }
    }

    private void CheckTag(string tag)
    {
        if (_consumers.ContainsKey(tag))
        {
            throw AmqpErrorException.NotAllowed($"attempt to reuse consumer tag '{tag}'");
        }
    }

    private void Answer(in AmqpBasic.Cancel method)
    {
        if (!method.NoWait)
        {
            channel.Send(new AmqpBasic.CancelOk(method.ConsumerTag));
        }
    }
}
