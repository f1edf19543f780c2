namespace ResilientRabbit.Management;

// Federation and shovels.
public partial interface IRabbitManagementClient
{
    /// <summary>Lists the upstreams of federation. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The upstreams, with their URIs.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<FederationUpstream>> ListFederationUpstreamsAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces an upstream of federation; a policy with <c>federation-upstream</c> or <c>federation-upstream-set</c> says what is federated. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="upstream">The description.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), a value has no form in JSON, or a time is negative.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetFederationUpstreamAsync(FederationUpstream upstream, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes an upstream of federation, and with it its links. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="name">The name of the upstream.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteFederationUpstreamAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the named sets of upstreams. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The sets.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<FederationUpstreamSet>> ListFederationUpstreamSetsAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces a named set of upstreams. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="set">The description.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetFederationUpstreamSetAsync(FederationUpstreamSet set, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a named set of upstreams. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="name">The name of the set.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteFederationUpstreamSetAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the links of federation and what they do. Needs the plugin <c>rabbitmq_federation_management</c> and the tag <c>monitoring</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The links.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<FederationLinkInfo>> ListFederationLinksAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the dynamic shovels. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The shovels, with their URIs.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<Shovel>> ListShovelsAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces a dynamic shovel; it starts at once, on one node of the cluster. Needs the plugin <c>rabbitmq_shovel</c> and the tag <c>policymaker</c>.</summary>
    /// <param name="shovel">The description.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), a value has no form in JSON, or a time is negative.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task SetShovelAsync(Shovel shovel, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a dynamic shovel. Needs the tag <c>policymaker</c>.</summary>
    /// <param name="name">The name of the shovel.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteShovelAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists what the shovels of a virtual host do. Needs the plugin <c>rabbitmq_shovel_management</c> and the tag <c>monitoring</c>.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The states.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<ShovelStatus>> ListShovelStatusAsync(string? virtualHost = null, CancellationToken cancellationToken = default);
}
