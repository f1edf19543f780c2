using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>The methods of the class queue.</summary>
internal sealed class QueueMethods(ServerChannel channel)
{
    /// <exception cref="AmqpErrorException">405: the queue belongs to another connection.</exception>
    public static void CheckOwner(Queue queue, object connection)
    {
        if (queue.Owner is not null && !ReferenceEquals(queue.Owner, connection))
        {
            throw Locked(queue);
        }
    }

    /// <summary>The queue for a method that works with its messages.</summary>
    /// <exception cref="AmqpErrorException">404: none, or its node is down. 405: it belongs to another connection.</exception>
    /// <exception cref="QueueWaitException">It has no leader.</exception>
    public Queue Use(string name)
    {
        Queue queue = channel.VirtualHost.GetQueue(name);
        CheckOwner(queue, channel.Connection);
        return queue.State != QueueState.NoMajority ? queue : throw new QueueWaitException(queue);
    }

    /// <summary>The name, or that of the last queue declared on this channel.</summary>
    /// <exception cref="AmqpErrorException">404: none was declared.</exception>
    public string Expand(string name)
    {
        if (name.Length > 0)
        {
            return name;
        }

        return channel.LastQueue.Length > 0 ? channel.LastQueue : throw AmqpErrorException.NotFound("no previously declared queue");
    }

    public void Declare(in AmqpQueue.Declare method)
    {
        string name = Resource.Clean(method.Queue);
        if (name.StartsWith(Names.ReplyTo, StringComparison.Ordinal))
        {
            DeclareReplyTo(name, method.NoWait);
            return;
        }

        Queue queue = method.Passive ? DeclarePassive(name) : DeclareActive(name, method);
        channel.LastQueue = queue.Name;
        queue.Touch();
        if (!method.NoWait)
        {
            bool answers = queue.State == QueueState.Running;
            channel.Send(new AmqpQueue.DeclareOk(queue.Name, answers ? (uint)queue.ReadyCount : 0, answers ? (uint)queue.Consumers.Count : 0));
        }
    }

    public void Bind(in AmqpQueue.Bind method)
    {
        string queue = Expand(method.Queue);
        string key = method.Queue.Length == 0 && method.RoutingKey.Length == 0 ? queue : method.RoutingKey;
        channel.Topology.Bind(bind: true, method.Exchange, Resource.Queue, queue, key, method.Arguments);
        if (!method.NoWait)
        {
            channel.Send(new AmqpQueue.BindOk());
        }
    }

    public void Unbind(in AmqpQueue.Unbind method)
    {
        string queue = Expand(method.Queue);
        string key = method.Queue.Length == 0 && method.RoutingKey.Length == 0 ? queue : method.RoutingKey;
        channel.Topology.Bind(bind: false, method.Exchange, Resource.Queue, queue, key, method.Arguments);
        channel.Send(new AmqpQueue.UnbindOk());
    }

    public void Purge(in AmqpQueue.Purge method)
    {
        string name = Expand(method.Queue);
        channel.Access.CheckQueue(Permission.Read, name);
        int count = Use(name).Purge();
        if (!method.NoWait)
        {
            channel.Send(new AmqpQueue.PurgeOk((uint)count));
        }
    }

    public void Delete(in AmqpQueue.Delete method)
    {
        string name = Resource.Clean(Expand(method.Queue));
        channel.Access.CheckQueue(Permission.Configure, name);
        int count = 0;
        if (channel.VirtualHost.FindQueue(name) is not null)
        {
            Queue queue = Use(name);
            count = queue.ReadyCount;
            if (method.IfEmpty && count > 0)
            {
                throw AmqpErrorException.Precondition($"{queue.Text} not empty");
            }

            if (method.IfUnused && queue.Consumers.Count > 0)
            {
                throw AmqpErrorException.Precondition($"{queue.Text} in use");
            }

            channel.VirtualHost.DeleteQueue(queue);
        }

        if (!method.NoWait)
        {
            channel.Send(new AmqpQueue.DeleteOk((uint)count));
        }
    }

    private static AmqpErrorException Locked(Queue queue) => AmqpErrorException.Locked(
        $"cannot obtain exclusive access to locked {queue.Text}. It could be originally declared on another connection or the exclusive property"
        + " value does not match that of the original declaration.");

    private Queue DeclarePassive(string name)
    {
        Queue queue = channel.VirtualHost.GetQueue(name);
        CheckOwner(queue, channel.Connection);
        return queue;
    }

    private Queue DeclareActive(string name, in AmqpQueue.Declare method)
    {
        bool quorum = QueueArguments.IsQuorum(method.Arguments);
        if (name.Length == 0)
        {
            name = !quorum ? Names.Queue() : throw AmqpErrorException.Precondition("Cannot declare a server-named queue for type rabbit_quorum_queue");
        }
        else
        {
            ChannelTopology.CheckNotReserved(Resource.Queue, name);
        }

        channel.Access.CheckQueue(Permission.Configure, name);
        VirtualHost host = channel.VirtualHost;
        bool durable = method.Durable && !method.Exclusive;
        if (host.FindQueue(name) is not null)
        {
            Queue known = host.GetQueue(name);
            CheckSame(known, durable, method);
            return known;
        }

        return Create(host, name, durable, method);
    }

    private void CheckSame(Queue known, bool durable, in AmqpQueue.Declare method)
    {
        if (!ReferenceEquals(known.Owner, method.Exclusive ? channel.Connection : null))
        {
            throw Locked(known);
        }

        Equivalence.Field(known.IsDurable, durable, "durable", known.Text);
        Equivalence.Field(known.IsAutoDelete, method.AutoDelete, "auto_delete", known.Text);
        Equivalence.Arguments(
            known.Settings.Arguments, method.Arguments, known.Settings.IsQuorum ? QueueArguments.OfQuorum : QueueArguments.OfClassic, known.Text);
    }

    private Queue Create(VirtualHost host, string name, bool durable, in AmqpQueue.Declare method)
    {
        string text = Resource.Text(Resource.Queue, name, host.Name);
        if (method.Arguments.TryGetValue(QueueArguments.DeadLetterExchange, out object? exchange))
        {
            string target = exchange as string ?? throw AmqpErrorException.Precondition(
                $"invalid type '{FieldValue.TypeName(exchange)}' for arg '{QueueArguments.DeadLetterExchange}' in {text}");
            channel.Access.CheckQueue(Permission.Read, name);
            channel.Access.CheckExchange(Permission.Write, target);
        }

        QueueArguments.Check(method.Arguments, text);
        QueueSettings settings = new(method.Arguments);
        if (settings.IsQuorum)
        {
            CheckQuorum(text, durable, method);
        }

        QueuePlacement placement = host.Model.Cluster.Place(name, settings, method.Exclusive, channel.Connection.Node.Member);
        Queue queue = new(host, name, settings, placement)
        {
            IsDurable = durable,
            IsAutoDelete = method.AutoDelete,
            Owner = method.Exclusive ? channel.Connection : null,
        };
        host.AddQueue(queue);
        host.Model.Cluster.Reconsider(queue);
        return queue;
    }

    private static void CheckQuorum(string text, bool durable, in AmqpQueue.Declare method)
    {
        if (method.AutoDelete)
        {
            throw AmqpErrorException.Precondition($"invalid property 'auto-delete' for {text}");
        }

        if (method.Exclusive)
        {
            throw AmqpErrorException.Precondition($"invalid property 'exclusive-owner' for {text}");
        }

        if (!durable)
        {
            throw AmqpErrorException.Precondition($"invalid property 'non-durable' for {text}");
        }
    }

    private void DeclareReplyTo(string name, bool noWait)
    {
        if (name is not Names.ReplyTo && !channel.Connection.Host.ReplyTo.Exists(name))
        {
            throw AmqpErrorException.NotFound(Resource.Queue, name, channel.VirtualHost.Name);
        }

        if (!noWait)
        {
            channel.Send(new AmqpQueue.DeclareOk(name, 0, 1));
        }
    }
}
