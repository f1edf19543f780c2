using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>Two clusters of this machine that are far from each other: whoever goes through the lines meets the distance. The local driver only.</summary>
/// <example><see cref="Near"/> has three nodes and <see cref="Far"/> one; a client, shovel or federation link of the near site reaches the far one at <see cref="ToFar"/>.</example>
public sealed class TwoSites : IAsyncDisposable
{
    private readonly Dictionary<string, int> _managementPorts;

    private TwoSites(LocalCluster near, LocalCluster far, SiteOptions options, Dictionary<string, int> managementPorts)
    {
        Near = near;
        Far = far;
        ToNear = new SiteLine(near.Nodes, options.RoundTrip);
        ToFar = new SiteLine(far.Nodes, options.RoundTrip);
        _managementPorts = managementPorts;
    }

    public IRabbitCluster Near { get; }

    public IRabbitCluster Far { get; }

    /// <summary>The near site's nodes as the far site reaches them.</summary>
    public SiteLine ToNear { get; }

    /// <summary>The far site's nodes as the near site reaches them.</summary>
    public SiteLine ToFar { get; }

    /// <summary>Null when this machine can run two sites, else the reason why not.</summary>
    public static string? MissingPrerequisite() => LocalCluster.MissingPrerequisite();

    /// <summary>Starts both clusters at the same time.</summary>
    public static async Task<TwoSites> StartAsync(SiteOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SiteOptions();
        Dictionary<string, int> ports = new(StringComparer.Ordinal);
        var near = LocalCluster.StartAsync(OptionsOf("near", options.NearNodes, options, ports), cancellationToken);
        var far = LocalCluster.StartAsync(OptionsOf("far", options.FarNodes, options, ports), cancellationToken);
        try
        {
            await Task.WhenAll(near, far);

            return new TwoSites(await near, await far, options, ports);
        }
        catch
        {
            foreach (var cluster in new[] { near, far }.Where(static start => start.IsCompletedSuccessfully))
            {
                await (await cluster).DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Where the node's management API answers.</summary>
    /// <exception cref="InvalidOperationException">The plugin <c>rabbitmq_management</c> was not asked for.</exception>
    public ClusterAddress ManagementOf(IRabbitNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        lock (_managementPorts)
        {
            return _managementPorts.TryGetValue(node.Name, out var port)
                ? new ClusterAddress("127.0.0.1", port)
                : throw new InvalidOperationException($"{node.Name} has no management API: ask for the plugin rabbitmq_management.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ToFar.DisposeAsync();
        await ToNear.DisposeAsync();
        await Task.WhenAll(Near.DisposeAsync().AsTask(), Far.DisposeAsync().AsTask());
    }

    // Names of their own for each site: federation takes clusters of one name for the same cluster.
    private static ClusterOptions OptionsOf(string site, int nodes, SiteOptions options, Dictionary<string, int> ports) => new()
    {
        NodeCount = nodes,
        NamePrefix = site,
        Plugins = options.Plugins,
        NodeSettings = options.HasManagement ? name => ManagementSettings(name, ports) : null,
    };

    private static string ManagementSettings(string node, Dictionary<string, int> ports)
    {
        lock (ports)
        {
            ports[node] = FreePorts.Take();

            return string.Create(CultureInfo.InvariantCulture, $"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {ports[node]}");
        }
    }
}
