using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>The methods of the class exchange.</summary>
internal sealed class ExchangeMethods(ServerChannel channel)
{
    public void Declare(in AmqpExchange.Declare method)
    {
        string name = Resource.Clean(method.Exchange);
        VirtualHost host = channel.VirtualHost;
        if (method.Passive)
        {
            ChannelTopology.CheckNotDefault(name);
            _ = host.GetExchange(name);
        }
        else
        {
            Declare(host, name, method);
        }

        if (!method.NoWait)
        {
            channel.Send(new AmqpExchange.DeclareOk());
        }
    }

    public void Delete(in AmqpExchange.Delete method)
    {
        string name = Resource.Clean(method.Exchange);
        ChannelTopology.CheckNotDefault(name);
        if (name.StartsWith("amq.", StringComparison.Ordinal))
        {
            throw AmqpErrorException.Refused($"deletion of system {Resource.Text(Resource.Exchange, name, channel.VirtualHost.Name)} not allowed");
        }

        channel.Access.CheckExchange(Permission.Configure, name);
        if (channel.VirtualHost.FindExchange(name) is { } exchange)
        {
            if (method.IfUnused && exchange.Bindings.Count > 0)
            {
                throw AmqpErrorException.Precondition($"{exchange.Text} in use");
            }

            channel.VirtualHost.DeleteExchange(exchange);
        }

        if (!method.NoWait)
        {
            channel.Send(new AmqpExchange.DeleteOk());
        }
    }

    public void Bind(in AmqpExchange.Bind method)
    {
        channel.Topology.Bind(bind: true, method.Source, Resource.Exchange, method.Destination, method.RoutingKey, method.Arguments);
        if (!method.NoWait)
        {
            channel.Send(new AmqpExchange.BindOk());
        }
    }

    public void Unbind(in AmqpExchange.Unbind method)
    {
        channel.Topology.Bind(bind: false, method.Source, Resource.Exchange, method.Destination, method.RoutingKey, method.Arguments);
        if (!method.NoWait)
        {
            channel.Send(new AmqpExchange.UnbindOk());
        }
    }

    private void Declare(VirtualHost host, string name, in AmqpExchange.Declare method)
    {
        ExchangeType.Check(method.Type);
        ChannelTopology.CheckNotDefault(name);
        channel.Access.CheckExchange(Permission.Configure, name);
        if (host.FindExchange(name) is { } known)
        {
            Equivalence.Field(known.Type, method.Type, "type", known.Text);
            Equivalence.Field(known.IsDurable, method.Durable, "durable", known.Text);
            Equivalence.Field(known.IsAutoDelete, method.AutoDelete, "auto_delete", known.Text);
            Equivalence.Field(known.IsInternal, method.Internal, "internal", known.Text);
            Equivalence.Arguments(known.Arguments, method.Arguments, ["alternate-exchange"], known.Text);
            return;
        }

        ChannelTopology.CheckNotReserved(Resource.Exchange, name);
        if (method.Arguments.TryGetValue("alternate-exchange", out object? alternate))
        {
            string text = alternate as string ?? throw AmqpErrorException.Precondition(
                $"invalid type '{FieldValue.TypeName(alternate)}' for arg 'alternate-exchange' in {Resource.Text(Resource.Exchange, name, host.Name)}");
            channel.Access.CheckExchange(Permission.Read, name);
            channel.Access.CheckExchange(Permission.Write, text);
        }

        host.AddExchange(new Exchange(host, name, method.Type)
        {
            IsDurable = method.Durable,
            IsAutoDelete = method.AutoDelete,
            IsInternal = method.Internal,
            Arguments = method.Arguments,
        });
    }
}
