using ResilientRabbit.Management.Drift;

namespace ResilientRabbit.Management;

/// <summary>Topology with policies: declaring it, and looking whether it is still so. Nothing here ever deletes anything.</summary>
public static class RabbitManagementTopologyExtensions
{
    /// <summary>Sets the policies, then declares exchanges, queues and bindings. The version of the broker decides how replicated queues are made.</summary>
    /// <param name="management">The client of the management API; its user needs the tag <c>policymaker</c>.</param>
    /// <param name="client">The client that declares; its virtual host must be the one of <paramref name="virtualHost"/>.</param>
    /// <param name="topology">What is declared.</param>
    /// <param name="virtualHost">The virtual host of the policies; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call; what was set stays.</param>
    /// <returns>What was declared, and which version has decided it. Its <see cref="ResolvedTopology.ToString"/> is meant for a log.</returns>
    /// <exception cref="ManagementException">A policy was refused, or no address answered.</exception>
    /// <exception cref="TopologyException">The broker refused a declaration, for example because the queue exists with another type.</exception>
    public static async Task<ResolvedTopology> ApplyAsync(
        this IRabbitManagementClient management, IRabbitClient client, ReplicatedTopology topology, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(management);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(topology);
        ResolvedTopology resolved = await ResolveAsync(management, topology, cancellationToken).ConfigureAwait(false);

        // Before the queues: they are mirrored from their first message on.
        foreach (PolicySpec policy in resolved.Policies)
        {
            await management.SetPolicyAsync(policy, virtualHost, cancellationToken).ConfigureAwait(false);
        }

        await client.DeclareAsync(resolved.Topology, cancellationToken).ConfigureAwait(false);
        return resolved;
    }

    /// <summary>Compares what is declared with what the broker has. Reads only.</summary>
    /// <param name="management">The client of the management API; its user needs the tag <c>policymaker</c>.</param>
    /// <param name="topology">What is declared.</param>
    /// <param name="defaults">The defaults of the client that declares; <see langword="null"/> for the usual ones.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The differences.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    public static async Task<DriftReport> FindDriftAsync(
        this IRabbitManagementClient management, ReplicatedTopology topology, DeclarationDefaults? defaults = null, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(management);
        ArgumentNullException.ThrowIfNull(topology);
        ResolvedTopology resolved = await ResolveAsync(management, topology, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ExchangeInfo> exchanges = await management.ListExchangesAsync(virtualHost, cancellationToken).ConfigureAwait(false);
        var finder = new DriftFinder(
            resolved,
            exchanges,
            await management.ListQueuesAsync(virtualHost, cancellationToken).ConfigureAwait(false),
            await management.ListBindingsAsync(virtualHost, cancellationToken).ConfigureAwait(false),
            await management.ListPoliciesAsync(virtualHost, cancellationToken).ConfigureAwait(false));

        // The broker's own exchanges are always there and know the virtual host.
        return new DriftReport(virtualHost ?? (exchanges.Count > 0 ? exchanges[0].VirtualHost : ""), resolved, finder.Find(defaults ?? new DeclarationDefaults()));
    }

    /// <summary>Compares what is declared with what the broker has. Reads only.</summary>
    /// <param name="management">The client of the management API; its user needs the tag <c>policymaker</c>.</param>
    /// <param name="topology">What is declared, without policies.</param>
    /// <param name="defaults">The defaults of the client that declares; <see langword="null"/> for the usual ones.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The differences.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    public static Task<DriftReport> FindDriftAsync(
        this IRabbitManagementClient management, Topology topology, DeclarationDefaults? defaults = null, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return management.FindDriftAsync(new ReplicatedTopology(topology, [], [], new Dictionary<string, object?>(StringComparer.Ordinal), mirrorPriority: 0), defaults, virtualHost, cancellationToken);
    }

    private static async Task<ResolvedTopology> ResolveAsync(IRabbitManagementClient management, ReplicatedTopology topology, CancellationToken cancellationToken)
    {
        string version = (await management.GetOverviewAsync(cancellationToken).ConfigureAwait(false)).RabbitVersion;
        try
        {
            return topology.Resolve(version);
        }
        catch (ArgumentException)
        {
            throw new ManagementException(ManagementFailure.Malformed, "The broker does not tell its version, which decides how queues are replicated. Check that the address is that of the management API.");
        }
    }
}
