using System.Collections.ObjectModel;
using ResilientRabbit.Declaring;

namespace ResilientRabbit.Management;

/// <summary>Collects a topology together with its policies and the queues that shall have copies on several nodes, whatever the broker calls that.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ReplicatedTopologyBuilder
{
    private readonly TopologyBuilder _plain = new();
    private readonly List<QueueSpec> _replicated = [];
    private readonly List<PolicySpec> _policies = [];

    /// <summary>Gets or sets what the policy of a mirrored queue sets (3.x).</summary>
    /// <value>By default mirrors on all nodes, synchronised automatically; a mirror that lacks messages is never promoted: rather nothing than a loss.</value>
    public IReadOnlyDictionary<string, object?> MirrorDefinition { get; set; } = new ReadOnlyDictionary<string, object?>(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["ha-mode"] = "all",
        ["ha-sync-mode"] = "automatic",
        ["ha-promote-on-failure"] = "when-synced",
        ["ha-promote-on-shutdown"] = "when-synced",
    });

    /// <summary>Gets or sets the priority of the policies of mirrored queues: of several policies that match the highest applies, and only that one.</summary>
    /// <value>10 by default, above the usual policy for all queues.</value>
    public int MirrorPriority { get; set; } = 10;

    /// <summary>Adds exchanges, bindings, and queues of a certain type.</summary>
    /// <param name="configure">Describes them.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">A description is not valid.</exception>
    public ReplicatedTopologyBuilder Topology(Action<TopologyBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(_plain);
        return this;
    }

    /// <summary>Adds a queue with copies on several nodes: classic with a mirror policy of its own on 3.x, quorum on 4.x.</summary>
    /// <param name="name">The name.</param>
    /// <param name="arguments">Further arguments, copied; those that only one of the two kinds knows are refused.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The description is not valid for both kinds of queue, or the queue was added before.</exception>
    public ReplicatedTopologyBuilder ReplicatedQueue(string name, IReadOnlyDictionary<string, object?>? arguments = null)
        => ReplicatedQueue(new QueueSpec { Name = name, Arguments = arguments ?? ReadOnlyDictionary<string, object?>.Empty });

    /// <summary>Adds a queue with copies on several nodes: classic with a mirror policy of its own on 3.x, quorum on 4.x.</summary>
    /// <param name="queue">The description, without a type; a delivery limit is used where the queue is a quorum queue.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The description is not valid for both kinds of queue, has a type, is not durable, or the queue was added before.</exception>
    public ReplicatedTopologyBuilder ReplicatedQueue(QueueSpec queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (queue.Type is not null || queue.Arguments.ContainsKey(QueueArguments.Type))
        {
            throw new ArgumentException($"The queue '{queue.Name}' has a type; the broker's version decides it. Add queues of a certain type with Topology.", nameof(queue));
        }

        if (queue.Durable == false || queue.Exclusive || queue.AutoDelete == true)
        {
            throw new ArgumentException($"The queue '{queue.Name}' is not durable, exclusive or deleted with its last consumer: such queues have no copies.", nameof(queue));
        }

        QueueSpec copy = queue with { Arguments = ArgumentTable.Copy(queue.Arguments, nameof(queue)), Durable = true, AutoDelete = false };
        SpecValidator.Validate(ReplicatedTopology.Of(copy, Replication.Mirroring));
        SpecValidator.Validate(ReplicatedTopology.Of(copy, Replication.Quorum));
        if (_replicated.Exists(known => string.Equals(known.Name, queue.Name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The queue '{queue.Name}' was added before.", nameof(queue));
        }

        _replicated.Add(copy);
        return this;
    }

    /// <summary>Adds a policy.</summary>
    /// <param name="policy">The description.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">A policy of this name was added before.</exception>
    public ReplicatedTopologyBuilder Policy(PolicySpec policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (_policies.Exists(known => string.Equals(known.Name, policy.Name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The policy '{policy.Name}' was added before.", nameof(policy));
        }

        _policies.Add(policy with { Definition = ArgumentTable.Copy(policy.Definition, nameof(policy)) });
        return this;
    }

    /// <summary>Makes the topology of what was added so far.</summary>
    /// <returns>The topology; it does not change when the builder is used further.</returns>
    /// <exception cref="ArgumentException">A queue was added both with a type and without.</exception>
    public ReplicatedTopology Build()
    {
        Topology plain = _plain.Build();
        return plain.Queues.FirstOrDefault(queue => _replicated.Exists(other => string.Equals(other.Name, queue.Name, StringComparison.Ordinal))) is { } twice
            ? throw new ArgumentException($"The queue '{twice.Name}' was added both with a type and without.")
            : new ReplicatedTopology(plain, [.. _replicated], [.. _policies], MirrorDefinition, MirrorPriority);
    }
}
