using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>What both drivers' nodes do in the same way: everything that goes through rabbitmqctl or an evaluation.</summary>
public abstract class NodeBase : IRabbitNode
{
    private protected static readonly TimeSpan EvaluationTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan AppTimeout = TimeSpan.FromMinutes(3);

    private protected NodeBase(string name, ClusterOptions options)
    {
        Name = name;
        Options = options;
    }

    public string Name { get; }

    public abstract ClusterAddress Address { get; }

    public abstract bool IsRunning { get; }

    public bool IsFrozen { get; private protected set; }

    private protected ClusterOptions Options { get; }

    private protected abstract string MemoryWatermark { get; }

    public abstract Task KillAsync(CancellationToken cancellationToken = default);

    public abstract Task StopAsync(CancellationToken cancellationToken = default);

    public abstract Task StartAsync(CancellationToken cancellationToken = default);

    public abstract Task FreezeAsync(CancellationToken cancellationToken = default);

    public abstract Task ThawAsync(CancellationToken cancellationToken = default);

    public async Task StopAppAsync(CancellationToken cancellationToken = default) => await RunCtlAsync(["stop_app"], AppTimeout, cancellationToken);

    public async Task StartAppAsync(CancellationToken cancellationToken = default)
    {
        await RunCtlAsync(["start_app"], AppTimeout, cancellationToken);
        await WaitForHandshakeAsync(AppTimeout, cancellationToken);
    }

    public async Task ResetAsync(bool force, CancellationToken cancellationToken = default) =>
        await RunCtlAsync([force ? "force_reset" : "reset"], AppTimeout, cancellationToken);

    public async Task JoinClusterAsync(IRabbitNode other, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!IsRunning)
        {
            await WipeAsync(cancellationToken);
            await StartAsync(cancellationToken);
            if ((await ReportAsync(cancellationToken)).Members.Contains(other.Name))
            {
                // Empty nodes join the cluster's first node by themselves.
                return;
            }
        }

        await StopAppAsync(cancellationToken);
        try
        {
            await ResetAsync(force: false, cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // Its former cluster forgot it or is not there: an ordinary reset asks that cluster and fails.
            await ResetAsync(force: true, cancellationToken);
        }

        await RunCtlAsync(["join_cluster", other.Name], AppTimeout, cancellationToken);
        await StartAppAsync(cancellationToken);
    }

    public async Task ForgetAsync(IRabbitNode forgotten, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(forgotten);
        await RunCtlAsync(["forget_cluster_node", forgotten.Name], AppTimeout, cancellationToken);
    }

    // A connection may end by itself between the list and its turn.
    public async Task CloseAllConnectionsAsync(string reason, CancellationToken cancellationToken = default) =>
        await EvaluateAsync(
            $"[(catch rabbit_networking:close_connection(P, {Erlang.Binary(reason)})) || P <- rabbit_networking:connections(), node(P) =:= node()], \"\"",
            cancellationToken);

    public async Task RaiseMemoryAlarmAsync(CancellationToken cancellationToken = default)
    {
        await SetWatermarkAsync("0.0001", cancellationToken);
        await WaitForAlarmAsync(raised: true, cancellationToken);
    }

    public async Task ClearMemoryAlarmAsync(CancellationToken cancellationToken = default)
    {
        await SetWatermarkAsync(MemoryWatermark, cancellationToken);
        await WaitForAlarmAsync(raised: false, cancellationToken);
    }

    public Task<string> RunCtlAsync(params string[] arguments) => RunCtlAsync(arguments, AppTimeout, CancellationToken.None);

    public abstract Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken = default);

    internal async Task<NodeReport> ReportAsync(CancellationToken cancellationToken) =>
        NodeReport.Parse(await EvaluateAsync(NodeReport.Expression, cancellationToken));

    /// <summary>Removes the data of a node that is down.</summary>
    internal abstract Task WipeAsync(CancellationToken cancellationToken);

    /// <summary>One whole open and close of a connection, the only thing that proves a node ready.</summary>
    internal async Task<string?> FindHandshakeFaultAsync(CancellationToken cancellationToken)
    {
        await using var connection = await PlainConnection.OpenAsync(
            Address, Options.UserName, Options.Password, "/", "readiness", TimeSpan.FromSeconds(5), cancellationToken);

        // The listener opens a moment before the application counts as running, and until then the node answers no question.
        await EvaluateAsync("true = rabbit:is_running(), \"\"", cancellationToken);

        return null;
    }

    private protected abstract Task<string> RunCtlAsync(IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken cancellationToken);

    private protected virtual Task WaitForHandshakeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        Waiting.UntilAsync(
            () => FindHandshakeFaultAsync(cancellationToken), $"An AMQP handshake with {Name} at {Address}", timeout, TimeSpan.FromMilliseconds(100), cancellationToken);

    private async Task SetWatermarkAsync(string value, CancellationToken cancellationToken) =>
        await EvaluateAsync($"ok = vm_memory_monitor:set_vm_memory_high_watermark({value}), \"\"", cancellationToken);

    private Task WaitForAlarmAsync(bool raised, CancellationToken cancellationToken)
    {
        const string OwnMemoryAlarms = "integer_to_list(length([A || {{resource_limit, memory, N}, _} = A <- rabbit_alarm:get_alarms(), N =:= node()]))";

        return Waiting.UntilAsync(
            async () => int.Parse(await EvaluateAsync(OwnMemoryAlarms, cancellationToken), CultureInfo.InvariantCulture) > 0 == raised ? null : "not yet",
            raised ? "A memory alarm" : "The end of the memory alarm", TimeSpan.FromSeconds(15), TimeSpan.FromMilliseconds(100), cancellationToken);
    }
}
