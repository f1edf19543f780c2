using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Tests.Model;

/// <summary>A model of one node with a clock that stands still until it is moved.</summary>
internal sealed class TestModel
{
    public TestModel(int nodes = 1)
    {
        Broker = new BrokerModel(TimeProvider.System, "rabbit@test", Enumerable.Range(1, nodes).Select(static number => $"rabbit@test-{number}"));
        Host = Broker.AddVirtualHost("/");
    }

    public BrokerModel Broker { get; }

    public VirtualHost Host { get; }

    public Queue Queue(string name, params (string Key, object? Value)[] arguments) => Queue(name, node: 0, durable: true, autoDelete: false, arguments);

    public Queue Queue(string name, int node, bool durable, bool autoDelete, params (string Key, object? Value)[] arguments)
    {
        AmqpTable table = new(arguments.Select(static argument => new KeyValuePair<string, object?>(argument.Key, argument.Value)));
        QueueSettings settings = new(table);
        Queue queue = new(Host, name, settings, Broker.Cluster.Place(name, settings, exclusive: false, Broker.Nodes[node])) { IsDurable = durable, IsAutoDelete = autoDelete };
        Host.AddQueue(queue);
        Broker.Cluster.Reconsider(queue);
        return queue;
    }

    public Exchange Exchange(string name, string type, bool autoDelete = false, string? alternate = null)
    {
        AmqpTable arguments = [];
        if (alternate is not null)
        {
            arguments["alternate-exchange"] = alternate;
        }

        Exchange exchange = new(Host, name, type) { IsDurable = true, IsAutoDelete = autoDelete, Arguments = arguments };
        Host.AddExchange(exchange);
        return exchange;
    }

    public static IEnumerable<string> Texts(Queue queue) => queue.Ready.Select(static entry => ((FakeMessage)entry.Message).Text);

    public void Advance(int milliseconds)
    {
        Broker.Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Broker.Deadlines.Run(Broker.Clock.Now);
    }
}
