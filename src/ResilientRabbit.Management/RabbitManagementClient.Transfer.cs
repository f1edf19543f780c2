using ResilientRabbit.Management.Json;
using static ResilientRabbit.Management.Http.ManagementRequest;

namespace ResilientRabbit.Management;

/// <content>Federation and shovels.</content>
public sealed partial class RabbitManagementClient
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<FederationUpstream>> ListFederationUpstreamsAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => [.. (await ListParametersAsync(FederationParameters.Upstream, virtualHost, cancellationToken).ConfigureAwait(false)).Select(FederationParameters.UpstreamOf)];

    /// <inheritdoc/>
    public Task SetFederationUpstreamAsync(FederationUpstream upstream, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        return SetParameterAsync(FederationParameters.Upstream, upstream.Name, FederationParameters.Of(upstream), virtualHost, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteFederationUpstreamAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteParameterAsync(FederationParameters.Upstream, name, virtualHost, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FederationUpstreamSet>> ListFederationUpstreamSetsAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => [.. (await ListParametersAsync(FederationParameters.UpstreamSet, virtualHost, cancellationToken).ConfigureAwait(false)).Select(FederationParameters.SetOf)];

    /// <inheritdoc/>
    public Task SetFederationUpstreamSetAsync(FederationUpstreamSet set, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        return SetParameterAsync(FederationParameters.UpstreamSet, set.Name, FederationParameters.Of(set), virtualHost, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteFederationUpstreamSetAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteParameterAsync(FederationParameters.UpstreamSet, name, virtualHost, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<FederationLinkInfo>> ListFederationLinksAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("federation-links", VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListFederationLinkInfo, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Shovel>> ListShovelsAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => [.. (await ListParametersAsync(ShovelParameters.Component, virtualHost, cancellationToken).ConfigureAwait(false)).Select(ShovelParameters.ShovelOf)];

    /// <inheritdoc/>
    public Task SetShovelAsync(Shovel shovel, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(shovel);
        return SetParameterAsync(ShovelParameters.Component, shovel.Name, ShovelParameters.Of(shovel), virtualHost, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteShovelAsync(string name, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteParameterAsync(ShovelParameters.Component, name, virtualHost, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ShovelStatus>> ListShovelStatusAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("shovels", VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListShovelStatus, cancellationToken);
}
