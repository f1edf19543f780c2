namespace ResilientRabbit;

/// <summary>The exchanges, queues and bindings that an application declares. Immutable; made by a <see cref="TopologyBuilder"/>.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class Topology
{
    internal Topology(IReadOnlyList<ExchangeSpec> exchanges, IReadOnlyList<QueueSpec> queues, IReadOnlyList<BindingSpec> bindings)
    {
        Exchanges = exchanges;
        Queues = queues;
        Bindings = bindings;
    }

    /// <summary>Gets the exchanges, in the order in which they are declared.</summary>
    public IReadOnlyList<ExchangeSpec> Exchanges { get; }

    /// <summary>Gets the queues, in the order in which they are declared, after the exchanges.</summary>
    public IReadOnlyList<QueueSpec> Queues { get; }

    /// <summary>Gets the bindings, in the order in which they are declared, after the queues.</summary>
    public IReadOnlyList<BindingSpec> Bindings { get; }
}
