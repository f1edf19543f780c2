using System.Text.Json;
using ResilientRabbit.Management.Http;
using ResilientRabbit.Management.Json;
using static ResilientRabbit.Management.Http.ManagementRequest;

namespace ResilientRabbit.Management;

/// <content>The cluster and its nodes.</content>
public sealed partial class RabbitManagementClient
{
    private const string NodeColumns = "?columns=name,running,type,partitions,mem_alarm,disk_free_alarm,mem_used,mem_limit,disk_free,disk_free_limit,fd_used,fd_total,uptime,enabled_plugins";

    /// <inheritdoc/>
    public Task<ManagementOverview> GetOverviewAsync(CancellationToken cancellationToken = default)
        => GetAsync(PathOf("overview") + "?columns=cluster_name,rabbitmq_version,erlang_version,node", ManagementJson.Default.ManagementOverview, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<NodeInfo>> ListNodesAsync(CancellationToken cancellationToken = default)
        => GetAsync(PathOf("nodes") + NodeColumns, ManagementJson.Default.IReadOnlyListNodeInfo, cancellationToken);

    /// <inheritdoc/>
    public async Task<ClusterStatus> GetClusterStatusAsync(CancellationToken cancellationToken = default)
    {
        ManagementOverview overview = await GetOverviewAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<NodeInfo> nodes = await ListNodesAsync(cancellationToken).ConfigureAwait(false);
        return new ClusterStatus { Name = overview.ClusterName, RabbitVersion = overview.RabbitVersion, ErlangVersion = overview.ErlangVersion, Nodes = nodes };
    }

    /// <inheritdoc/>
    public Task SetClusterNameAsync(string name, CancellationToken cancellationToken = default)
        => PutAsync(PathOf("cluster-name"), writer => writer.WriteString("name", name), cancellationToken);

    /// <inheritdoc/>
    public async Task<UserInfo> GetCurrentUserAsync(CancellationToken cancellationToken = default)
        => UserOf(await GetAsync(PathOf("whoami"), ManagementJson.Default.UserWire, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<NodeHealthResult> CheckNodeAsync(NodeHealthCheck check, string? address = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(check.Path, nameof(check));
        ManagementRequest request = Get("/api/health/checks/" + check.Path) with { Takes503 = true, Only = AddressOf(address) };
        ManagementAnswer answer = await _transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
        HealthWire wire = Read(answer, ManagementJson.Default.HealthWire);
        string? reason = wire.Reason.ValueKind switch
        {
            JsonValueKind.String => wire.Reason.GetString(),
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            _ => wire.Reason.GetRawText(),
        };
        bool isHealthy = answer.Status == 200 && string.Equals(wire.Status, "ok", StringComparison.Ordinal);

        // A proxy's 503 has another body.
        return isHealthy || string.Equals(wire.Status, "failed", StringComparison.Ordinal)
            ? new NodeHealthResult(answer.Address.ToString(), isHealthy, reason is null ? null : SecretScrubber.Clean(reason, []))
            : throw Malformed(answer, "no status");
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClientConnectionInfo>> ListConnectionsAsync(CancellationToken cancellationToken = default)
        => GetAsync(PathOf("connections") + "?columns=name,node,vhost,user,user_provided_name,peer_host,peer_port", ManagementJson.Default.IReadOnlyListClientConnectionInfo, cancellationToken);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ExportDefinitionsAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        string path = virtualHost is null ? PathOf("definitions") : PathOf("definitions", virtualHost);
        ManagementAnswer answer = await _transport.SendAsync(Get(path), cancellationToken).ConfigureAwait(false);
        _ = Read(answer, ManagementJson.Default.JsonDocument);
        return answer.Body;
    }

    /// <inheritdoc/>
    public Task ImportDefinitionsAsync(ReadOnlyMemory<byte> definitions, string? virtualHost = null, CancellationToken cancellationToken = default)
        => _transport.SendAsync(
            new ManagementRequest { Method = HttpMethod.Post, Path = virtualHost is null ? PathOf("definitions") : PathOf("definitions", virtualHost), Body = definitions },
            cancellationToken);

    private ManagementAddress? AddressOf(string? address)
    {
        if (address is null)
        {
            return null;
        }

        ManagementAddress? wanted = ManagementAddress.TryParse(address, _settings.Tls is not null, out _);
        return _settings.Addresses.FirstOrDefault(known => known == wanted)
            ?? throw new ArgumentException("It is none of the addresses of the options.", nameof(address));
    }
}
