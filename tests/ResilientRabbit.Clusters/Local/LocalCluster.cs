using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>A cluster of RabbitMQ nodes, and HAProxy where wanted, as processes of this machine.</summary>
public sealed class LocalCluster : ClusterBase
{
    private readonly LocalSite _site;
    private readonly List<LocalNode> _nodes;

    private LocalCluster(LocalSite site, ClusterOptions options)
        : base(options)
    {
        _site = site;

        // The process id keeps the names of clusters of several test processes apart in logs and process lists.
        string[] names = [.. Enumerable.Range(1, options.NodeCount).Select(number => string.Create(CultureInfo.InvariantCulture, $"{options.NamePrefix}{number}-{Environment.ProcessId}@localhost"))];
        _nodes = [.. names.Select(name => new LocalNode(site, name, options, names[0]))];
    }

    public override string Description => string.Create(
        CultureInfo.InvariantCulture, $"{_nodes.Count} local {(_nodes.Count == 1 ? "node" : "nodes")}{(HaProxy is null ? "" : " behind HAProxy")}, RabbitMQ {Version}");

    public override ClusterAddress? Proxy => HaProxy?.Address;

    /// <summary>The proxy's process, null when there is none.</summary>
    public HaProxyProcess? HaProxy { get; private set; }

    internal override IReadOnlyList<NodeBase> Members => _nodes;

    /// <summary>Null when this machine can run local nodes, else the reason why not.</summary>
    public static string? MissingPrerequisite() => RabbitInstallation.FindMissing();

    public static async Task<LocalCluster> StartAsync(ClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ClusterOptions();
        if ((MissingPrerequisite() ?? (options.HaProxy is null ? null : HaProxyProcess.MissingPrerequisite())) is { } reason)
        {
            throw new ClusterUnavailableException(reason);
        }

        try
        {
            return await FormAnewAsync(options, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException && options.WorkDirectory is null)
        {
            // Ports are only probed, not reserved, and nodes that form a cluster can trip over each other: once more, from nothing.
            await Console.Error.WriteLineAsync($"The cluster could not be started and is started once more. {exception.Message}");

            return await FormAnewAsync(options, cancellationToken);
        }
    }

    private static async Task<LocalCluster> FormAnewAsync(ClusterOptions options, CancellationToken cancellationToken)
    {
        var site = await LocalSite.OpenAsync(options, cancellationToken);
        LocalCluster? cluster = null;
        try
        {
            cluster = new LocalCluster(site, options);
            await cluster.FormAsync(cancellationToken);

            return cluster;
        }
        catch
        {
            await (cluster?.DisposeAsync() ?? site.DisposeAsync());
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (HaProxy is not null)
        {
            await HaProxy.DisposeAsync();
        }

        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        await _site.DisposeAsync();
    }

    public override Task KillProxyAsync(CancellationToken cancellationToken = default) => RunningProxy.KillAsync(cancellationToken);

    public override Task StartProxyAsync(CancellationToken cancellationToken = default) => RunningProxy.StartAsync(cancellationToken);

    private HaProxyProcess RunningProxy => HaProxy ?? throw new InvalidOperationException("This cluster has no proxy.");

    private protected override async Task RepairProxyAsync(CancellationToken cancellationToken)
    {
        if (HaProxy is not null)
        {
            await HaProxy.ThawAsync(cancellationToken);
            await HaProxy.StartAsync(cancellationToken);
        }
    }

    private async Task FormAsync(CancellationToken cancellationToken)
    {
        await StartTogetherAsync(cancellationToken);
        await PrepareAsync(cancellationToken);
        if (Options.HaProxy is { } proxy)
        {
            HaProxy = new HaProxyProcess(proxy, [.. _nodes.Select(node => node.Address)], _site.Folder);
            await HaProxy.StartAsync(cancellationToken);
        }

        await WaitUntilHealthyAsync(Options.StartTimeout, cancellationToken);
    }
}
