using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>What both drivers' clusters do in the same way; a driver adds how things are started, killed and removed.</summary>
public abstract class ClusterBase : IRabbitCluster
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SynchroniseByHandAfter = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private protected ClusterBase(ClusterOptions options) => Options = options;

    public abstract string Description { get; }

    public string Version { get; private set; } = "unknown";

    public IReadOnlyList<IRabbitNode> Nodes => Members;

    public abstract ClusterAddress? Proxy { get; }

    public int WipeCount { get; internal set; }

    public string UserName => Options.UserName;

    public string Password => Options.Password;

    private protected ClusterOptions Options { get; }

    // RabbitMQ 4 refuses the policy: it has no mirrored queues.
    private bool Mirrors => Options.Mirrored && Version.StartsWith("3.", StringComparison.Ordinal);

    internal abstract IReadOnlyList<NodeBase> Members { get; }

    public async Task<IRabbitNode> GetQueueLeaderAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default)
    {
        var name = await AskAsync(QueueQueries.Leader(queue, virtualHost), cancellationToken);

        return Members.Single(node => string.Equals(node.Name, name, StringComparison.Ordinal));
    }

    public Task WaitUntilHealthyAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Waiting.UntilAsync(() => FindFaultAsync(cancellationToken), $"A healthy cluster ({Description})", timeout ?? DefaultTimeout, PollInterval, cancellationToken);

    public Task WaitUntilSynchronisedAsync(string queue, string virtualHost = "/", TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var asked = Stopwatch.GetTimestamp();

        return Waiting.UntilAsync(
            async () =>
            {
                if (Mirrors && Stopwatch.GetElapsedTime(asked) > SynchroniseByHandAfter)
                {
                    // Seen once after a rolling restart: one mirror out of step for a minute, cause unknown. An operator would do this.
                    asked = Stopwatch.GetTimestamp();
                    await Members.First(node => node is { IsRunning: true, IsFrozen: false }).RunCtlAsync("sync_queue", "-p", virtualHost, queue);
                }

                var parts = (await AskAsync(QueueQueries.Copies(queue, virtualHost), cancellationToken)).Split(',');
                var inStep = int.Parse(parts[0], CultureInfo.InvariantCulture);
                var all = int.Parse(parts[1], CultureInfo.InvariantCulture);
                var expected = Members.Count(node => node is { IsRunning: true, IsFrozen: false }) - 1;

                return inStep == all && all >= expected ? null : FormattableString.Invariant($"{inStep} of {all} copies are in step, {expected} are expected");
            },
            $"Synchronised copies of '{queue}'", timeout ?? DefaultTimeout, PollInterval, cancellationToken);
    }

    public async Task<IReadOnlyList<DrainedMessage>> DrainAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default)
    {
        var drain = new DrainResult();
        await Waiting.UntilAsync(
            async () =>
            {
                // A connection each time: the node that the last one led to may have gone.
                await using var connection = await OpenAsync(virtualHost, cancellationToken);
                await using var channel = await connection.Connection.CreateChannelAsync(cancellationToken: cancellationToken);
                await drain.TakeAsync(new QueueDrainer(channel, queue), cancellationToken);

                // What a consumer that is gone left unacknowledged comes back; what a living one holds does not.
                var left = await GetMessageCountAsync(queue, virtualHost, cancellationToken);

                return left == 0 ? null : FormattableString.Invariant($"{left} messages are held unacknowledged by another consumer, or were published meanwhile");
            },
            $"Draining '{queue}'", TimeSpan.FromSeconds(30), PollInterval, cancellationToken);

        return drain.Messages;
    }

    public async Task DeclareQueueAsync(string queue, bool quorum, string virtualHost = "/", CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(virtualHost, cancellationToken);
        await using var channel = await connection.Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var arguments = quorum ? new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" } : null;
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
    }

    public async Task DeleteQueueAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(virtualHost, cancellationToken);
        await using var channel = await connection.Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false, cancellationToken: cancellationToken);
    }

    public async Task<long> GetMessageCountAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default) =>
        long.Parse(await AskAsync(QueueQueries.MessageCount(queue, virtualHost), cancellationToken), CultureInfo.InvariantCulture);

    public async Task<IReadOnlyList<string>> ListConsumersAsync(string queue, string virtualHost = "/", CancellationToken cancellationToken = default) =>
        (await AskAsync(QueueQueries.Consumers(queue, virtualHost), cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public async Task CreateVirtualHostAsync(string name, CancellationToken cancellationToken = default)
    {
        await AskAsync(VirtualHostQueries.Create(name, UserName), cancellationToken);
        if (Mirrors)
        {
            await AskAsync(VirtualHostQueries.Mirror(name), cancellationToken);
        }
    }

    public async Task DeleteVirtualHostAsync(string name, CancellationToken cancellationToken = default) =>
        await AskAsync(VirtualHostQueries.Delete(name), cancellationToken);

    public async Task RepairAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        await RepairProxyAsync(cancellationToken);
        await new ClusterRepair(this, Members).RunAsync(timeout ?? TimeSpan.FromMinutes(4), cancellationToken);
        await PrepareAsync(cancellationToken);
    }

    public abstract Task KillProxyAsync(CancellationToken cancellationToken = default);

    public abstract Task StartProxyAsync(CancellationToken cancellationToken = default);

    public abstract ValueTask DisposeAsync();

    /// <summary>Why the cluster is not healthy; null when it is.</summary>
    internal async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        var expected = Members.Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in Members)
        {
            if (!node.IsRunning || node.IsFrozen)
            {
                return $"{node.Name} is {(node.IsFrozen ? "frozen" : "down")}";
            }

            if ((await node.ReportAsync(cancellationToken)).FindFault(expected) is { } fault)
            {
                return $"{node.Name}: {fault}";
            }

            await node.FindHandshakeFaultAsync(cancellationToken);
        }

        if (Proxy is { } proxy)
        {
            await using var connection = await PlainConnection.OpenAsync(proxy, UserName, Password, "/", "readiness", TimeSpan.FromSeconds(5), cancellationToken);
        }

        return null;
    }

    /// <summary>Starts empty nodes so that they form one cluster; see <see cref="NodeConfiguration"/>.</summary>
    internal async Task StartTogetherAsync(CancellationToken cancellationToken)
    {
        await Members[0].StartAsync(cancellationToken);
        await Task.WhenAll(Members.Skip(1).Select(node => node.StartAsync(cancellationToken)));
    }

    /// <summary>What a cluster needs once its nodes are together: the policy on the default virtual host. Harmless when it is there.</summary>
    private protected async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Version = await AskAsync("rabbit_misc:version()", cancellationToken);
        if (Mirrors)
        {
            await AskAsync(VirtualHostQueries.Mirror("/"), cancellationToken);
        }
    }

    private protected abstract Task RepairProxyAsync(CancellationToken cancellationToken);

    /// <summary>Asks the first node that has an answer.</summary>
    private protected async Task<string> AskAsync(string expression, CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (var node in Members.Where(node => node is { IsRunning: true, IsFrozen: false }))
        {
            try
            {
                return await node.EvaluateAsync($"true = rabbit:is_running(), {expression}", cancellationToken);
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                last = exception;
            }
        }

        throw new InvalidOperationException("No node of the cluster answered.", last);
    }

    private async Task<PlainConnection> OpenAsync(string virtualHost, CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (var node in Members.Where(node => node is { IsRunning: true, IsFrozen: false }))
        {
            try
            {
                return await PlainConnection.OpenAsync(node.Address, UserName, Password, virtualHost, "cluster library", TimeSpan.FromSeconds(10), cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                last = exception;
            }
        }

        throw new InvalidOperationException("No node of the cluster accepted a connection.", last);
    }
}
