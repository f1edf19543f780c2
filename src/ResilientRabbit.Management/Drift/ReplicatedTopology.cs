using System.Globalization;
using System.Text.RegularExpressions;

namespace ResilientRabbit.Management;

/// <summary>Exchanges, queues, bindings and policies of an application, some of the queues with copies on several nodes. Immutable; made by a <see cref="ReplicatedTopologyBuilder"/>.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class ReplicatedTopology
{
    private const int FirstWithoutMirroring = 4;

    private readonly Topology _plain;
    private readonly IReadOnlyList<QueueSpec> _replicated;
    private readonly IReadOnlyList<PolicySpec> _policies;
    private readonly IReadOnlyDictionary<string, object?> _mirrorDefinition;
    private readonly int _mirrorPriority;

    internal ReplicatedTopology(
        Topology plain, IReadOnlyList<QueueSpec> replicated, IReadOnlyList<PolicySpec> policies, IReadOnlyDictionary<string, object?> mirrorDefinition, int mirrorPriority)
    {
        _plain = plain;
        _replicated = replicated;
        _policies = policies;
        _mirrorDefinition = mirrorDefinition;
        _mirrorPriority = mirrorPriority;
    }

    /// <summary>Decides what this is on a broker.</summary>
    /// <param name="rabbitVersion">The version of RabbitMQ, for example <c>3.10.8</c>.</param>
    /// <returns>What is declared there.</returns>
    /// <exception cref="ArgumentException">The text is no version: nothing is guessed.</exception>
    public ResolvedTopology Resolve(string rabbitVersion)
    {
        ArgumentNullException.ThrowIfNull(rabbitVersion);
        string major = rabbitVersion.Split('.')[0];
        if (!int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            throw new ArgumentException("It does not begin with a number.", nameof(rabbitVersion));
        }

        Replication replication = number < FirstWithoutMirroring ? Replication.Mirroring : Replication.Quorum;
        return new ResolvedTopology(
            rabbitVersion,
            replication,
            new Topology(_plain.Exchanges, [.. _plain.Queues, .. _replicated.Select(queue => Of(queue, replication))], _plain.Bindings),
            [.. _policies, .. replication == Replication.Mirroring ? _replicated.Select(MirrorPolicyOf) : []],
            [.. _replicated.Select(static queue => queue.Name)]);
    }

    internal static QueueSpec Of(QueueSpec queue, Replication replication)
        => replication == Replication.Quorum ? queue with { Type = QueueType.Quorum } : queue with { Type = QueueType.Classic, DeliveryLimit = null };

    internal static string MirrorPolicyName(string queue) => "mirror:" + queue;

    // One for each queue: applications that share a virtual host do not replace each other's.
    private PolicySpec MirrorPolicyOf(QueueSpec queue) => new()
    {
        Name = MirrorPolicyName(queue.Name),
        Pattern = $"^{Regex.Escape(queue.Name)}$",
        ApplyTo = PolicyScope.Queues,
        Priority = _mirrorPriority,
        Definition = _mirrorDefinition,
    };
}
