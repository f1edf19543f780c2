using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Declarations and bindings of a channel; what exchanges and queues have in common.</summary>
internal sealed class ChannelTopology
{
    private readonly ServerChannel _channel;

    public ChannelTopology(ServerChannel channel)
    {
        _channel = channel;
        Exchanges = new ExchangeMethods(channel);
        Queues = new QueueMethods(channel);
    }

    public ExchangeMethods Exchanges { get; }

    public QueueMethods Queues { get; }

    /// <exception cref="AmqpErrorException">403: the default exchange cannot be changed.</exception>
    public static void CheckNotDefault(string exchange)
    {
        if (exchange.Length == 0)
        {
            throw AmqpErrorException.Refused("operation not permitted on the default exchange");
        }
    }

    /// <exception cref="AmqpErrorException">403: the name belongs to the broker.</exception>
    public static void CheckNotReserved(string kind, string name)
    {
        if (name.StartsWith("amq.", StringComparison.Ordinal))
        {
            throw AmqpErrorException.Refused($"{kind} name '{name}' contains reserved prefix 'amq.*'");
        }
    }

    /// <summary>Binds or unbinds; both ends may be missing when it is about unbinding.</summary>
    public void Bind(bool bind, string source, string kind, string destination, string routingKey, AmqpTable arguments)
    {
        AccessControl access = _channel.Access;
        string from = Resource.Clean(source);
        string to = Resource.Clean(destination);
        access.Check(Permission.Write, kind, to);
        if (kind is Resource.Exchange)
        {
            CheckNotDefault(to);
        }

        CheckNotDefault(from);
        access.CheckExchange(Permission.Read, from);
        VirtualHost host = _channel.VirtualHost;
        Exchange? exchange = host.FindExchange(from);
        object? target = kind is Resource.Queue ? host.FindQueue(to) : host.FindExchange(to);
        if (exchange is null || target is null)
        {
            if (bind)
            {
                throw exchange is null ? AmqpErrorException.NotFound(Resource.Exchange, from, host.Name) : AmqpErrorException.NotFound(kind, to, host.Name);
            }

            return;
        }

        if (target is Queue queue)
        {
            QueueMethods.CheckOwner(queue, _channel.Connection);
            if (bind)
            {
                _ = host.GetQueue(to);
            }
        }

        if (bind)
        {
            host.Bind(exchange, target, routingKey, arguments);
        }
        else
        {
            host.Unbind(exchange, target, routingKey, arguments);
        }
    }
}
