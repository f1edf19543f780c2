using System.Globalization;
using System.Text;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;

namespace ResilientRabbit.Clusters;

/// <summary>
/// A cluster of containers, through Testcontainers. Images: <c>RR_RABBITMQ_IMAGE</c> and <c>RR_HAPROXY_IMAGE</c>.
/// Testcontainers' own reaper removes the containers when the test process is killed.
/// </summary>
public sealed class ContainerCluster : ClusterBase
{
    private const UnixFileModes WorldReadable = UnixFileModes.UserRead | UnixFileModes.UserWrite | UnixFileModes.GroupRead | UnixFileModes.OtherRead;
    private readonly List<(string Host, IContainer Container)> _containers = [];
    private readonly List<ContainerNode> _nodes = [];
    private readonly INetwork _network = new NetworkBuilder().Build();
    private ContainerProxy? _proxy;

    private ContainerCluster(ClusterOptions options)
        : base(options)
    {
        var cookie = Guid.NewGuid().ToString("N");
        string[] hosts = [.. Enumerable.Range(1, options.NodeCount).Select(number => string.Create(CultureInfo.InvariantCulture, $"rabbit{number}"))];
        foreach (var host in hosts)
        {
            var configuration = new NodeConfiguration(options, NodeName(host), NodeName(hosts[0]), ContainerNode.AmqpPort.ToString(CultureInfo.InvariantCulture));
            var container = BuildNode(host, cookie, configuration);
            _containers.Add((host, container));
            _nodes.Add(new ContainerNode(container, NodeName(host), options));
        }
    }

    public override string Description => string.Create(
        CultureInfo.InvariantCulture, $"{_nodes.Count} {(_nodes.Count == 1 ? "container" : "containers")}{(_proxy is null ? "" : " behind HAProxy")}, RabbitMQ {Version}");

    public override ClusterAddress? Proxy => _proxy?.Address;

    internal override IReadOnlyList<NodeBase> Members => _nodes;

    public static async Task<ContainerCluster> StartAsync(ClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ContainerCluster cluster;
        try
        {
            // Building a container already looks for the engine.
            cluster = new ContainerCluster(options ?? new ClusterOptions());
        }
        catch (Exception exception) when (exception is DockerUnavailableException or ArgumentException)
        {
            throw new ClusterUnavailableException($"No container engine answers: {exception.Message}", exception);
        }

        try
        {
            await cluster.FormAsync(cancellationToken);

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public override Task KillProxyAsync(CancellationToken cancellationToken = default) => RunningProxy.KillAsync(cancellationToken);

    public override async Task StartProxyAsync(CancellationToken cancellationToken = default)
    {
        await RunningProxy.StartAsync(cancellationToken);
        await WaitForProxyAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        // Not every engine removes a paused container.
        foreach (var node in _nodes.Where(node => node.IsFrozen))
        {
            await node.ThawAsync();
        }

        await Task.WhenAll(_containers.Select(entry => entry.Container.DisposeAsync().AsTask()));
        await _network.DisposeAsync();
    }

    private ContainerProxy RunningProxy => _proxy ?? throw new InvalidOperationException("This cluster has no proxy.");

    private protected override Task RepairProxyAsync(CancellationToken cancellationToken) =>
        _proxy is null ? Task.CompletedTask : _proxy.StartAsync(cancellationToken);

    private static string NodeName(string host) => $"rabbit@{host}";

    private IContainer BuildNode(string host, string cookie, NodeConfiguration configuration) =>
        new ContainerBuilder(ContainerImages.RabbitMq)
            .WithNetwork(_network)
            .WithNetworkAliases(host)
            .WithHostname(host)
            .WithPortBinding(ContainerNode.AmqpPort, assignRandomHostPort: true)
            .WithEnvironment("RR_COOKIE", cookie)
            .WithEnvironment("RABBITMQ_NODENAME", configuration.Name)
            .WithEnvironment("RABBITMQ_CONFIG_FILE", "/etc/rabbitmq/rabbitmq.conf")
            .WithEnvironment("RABBITMQ_ADVANCED_CONFIG_FILE", "/etc/rabbitmq/advanced.config")
            .WithEnvironment("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+sbwt none +sbwtdcpu none +sbwtdio none")
            .WithResourceMapping(Encoding.UTF8.GetBytes(configuration.Main), FilePath.Of("/etc/rabbitmq/rabbitmq.conf"), fileMode: WorldReadable)
            .WithResourceMapping(Encoding.UTF8.GetBytes(configuration.Advanced), FilePath.Of("/etc/rabbitmq/advanced.config"), fileMode: WorldReadable)
            .WithResourceMapping(Encoding.UTF8.GetBytes(configuration.EnabledPlugins), FilePath.Of("/etc/rabbitmq/enabled_plugins"), fileMode: WorldReadable)
            .WithEntrypoint(ContainerNode.Supervisor.EntryPoint)
            .Build();

    private async Task FormAsync(CancellationToken cancellationToken)
    {
        await _network.CreateAsync(cancellationToken);
        await Task.WhenAll(_nodes.Select(node => node.CreateAsync(cancellationToken)));
        await StartTogetherAsync(cancellationToken);
        await PrepareAsync(cancellationToken);
        if (Options.HaProxy is { } options)
        {
            _proxy = new ContainerProxy(options, [.. _containers.Select(entry => entry.Host)], _network);
            await _proxy.CreateAsync(cancellationToken);
        }

        await WaitUntilHealthyAsync(Options.StartTimeout, cancellationToken);
    }

    private Task WaitForProxyAsync(CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () =>
        {
            await using var connection = await PlainConnection.OpenAsync(
                RunningProxy.Address, UserName, Password, "/", "readiness", TimeSpan.FromSeconds(5), cancellationToken);

            return null;
        },
        "An AMQP handshake through HAProxy", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(200), cancellationToken);
}
