using ResilientRabbit.Clusters;
using ResilientRabbit.Testing;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>One node of the <see cref="EmbeddedCluster"/>.</summary>
internal sealed class EmbeddedNode(TestBroker broker, string name) : IRabbitNode
{
    public TestBroker Broker => broker;

    public string Name => name;

    public ClusterAddress Address => new(broker.Host, broker.Port);

    public bool IsRunning => broker.IsRunning;

    public bool IsFrozen => false;

    public static Exception NotHere() => new NotSupportedException("The in-process cluster does what the demo's script needs, and no more.");

    public Task KillAsync(CancellationToken cancellationToken = default) => broker.KillAsync();

    public Task StopAsync(CancellationToken cancellationToken = default) => broker.KillAsync();

    public Task StartAsync(CancellationToken cancellationToken = default) => broker.RestartAsync();

    public Task FreezeAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public Task ThawAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public Task StopAppAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public Task StartAppAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public Task ResetAsync(bool force, CancellationToken cancellationToken = default) => throw NotHere();

    public Task JoinClusterAsync(IRabbitNode other, CancellationToken cancellationToken = default) => throw NotHere();

    public Task ForgetAsync(IRabbitNode forgotten, CancellationToken cancellationToken = default) => throw NotHere();

    public Task CloseAllConnectionsAsync(string reason, CancellationToken cancellationToken = default) => throw NotHere();

    public Task RaiseMemoryAlarmAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public Task ClearMemoryAlarmAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public Task<string> RunCtlAsync(params string[] arguments) => throw NotHere();

    public Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken = default) => throw NotHere();
}
