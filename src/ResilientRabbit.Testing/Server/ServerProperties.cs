using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>What the broker says of itself in connection.start: the words of RabbitMQ 3.10.8.</summary>
internal static class ServerProperties
{
    public static AmqpTable Build(BrokerNode node)
    {
        AmqpTable properties = new()
        {
            ["capabilities"] = new AmqpTable
            {
                ["publisher_confirms"] = true,
                ["exchange_exchange_bindings"] = true,
                ["basic.nack"] = true,
                ["consumer_cancel_notify"] = true,
                ["connection.blocked"] = true,
                ["consumer_priorities"] = true,
                ["authentication_failure_close"] = true,
                ["per_consumer_qos"] = true,
                ["direct_reply_to"] = true,
            },
            ["cluster_name"] = node.Host.Model.ClusterName,
            ["copyright"] = "Copyright (c) 2007-2022 VMware, Inc. or its affiliates.",
            ["information"] = "Licensed under the MPL 2.0. Website: https://rabbitmq.com",
            ["platform"] = "Erlang/OTP 25.2.3",
            ["product"] = "RabbitMQ",
            ["version"] = "3.10.8",
        };
        foreach ((string name, object? value) in node.Options.ServerProperties)
        {
            properties[name] = value is IReadOnlyDictionary<string, object?> table and not AmqpTable ? new AmqpTable(table) : value;
        }

        return properties;
    }
}
