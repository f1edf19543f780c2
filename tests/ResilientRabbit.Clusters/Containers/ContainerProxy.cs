using System.Text;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;

namespace ResilientRabbit.Clusters;

/// <summary>HAProxy in a container before the nodes' containers.</summary>
internal sealed class ContainerProxy : IAsyncDisposable
{
    private const int Port = 5672;
    private const string ConfigurationFile = "/tmp/haproxy.cfg";

    private static readonly ServerSupervisor Supervisor = new(
        Prepare: "", Server: $"haproxy -db -f {ConfigurationFile}", CommandLinePattern: $"haproxy -db -f {ConfigurationFile}");

    private readonly IContainer _container;

    public ContainerProxy(HaProxyOptions options, IReadOnlyList<string> hosts, INetwork network)
    {
        var backends = hosts.Select(host => new ClusterAddress(host, ContainerNode.AmqpPort)).ToList();
        var configuration = HaProxyConfiguration.Render(options, new ClusterAddress("0.0.0.0", Port), backends);
        _container = new ContainerBuilder(ContainerImages.HaProxy)
            .WithNetwork(network)
            .WithPortBinding(Port, assignRandomHostPort: true)
            .WithResourceMapping(Encoding.UTF8.GetBytes(configuration), FilePath.Of(ConfigurationFile), fileMode: UnixFileModes.UserRead | UnixFileModes.GroupRead | UnixFileModes.OtherRead)
            .WithEntrypoint(Supervisor.EntryPoint)
            .Build();
    }

    public ClusterAddress Address => new(_container.Hostname, _container.GetMappedPublicPort(Port));

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await _container.StartAsync(cancellationToken);
        await StartAsync(cancellationToken);
    }

    /// <summary>Does not wait: the engine's own proxy accepts before HAProxy does, so only a handshake tells.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _container.ExecAsync(ServerSupervisor.Start, cancellationToken);

    public Task KillAsync(CancellationToken cancellationToken) => _container.ExecAsync(Supervisor.EndWith("KILL"), cancellationToken);

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
