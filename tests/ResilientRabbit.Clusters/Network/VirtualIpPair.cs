using System.Diagnostics;

namespace ResilientRabbit.Clusters;

/// <summary>
/// Two machines with HAProxy and Keepalived that share a virtual IP by VRRP, brokers behind. The first one is the master whenever it is well: the address moves away
/// when its HAProxy is gone, it is frozen or cut off, and comes back when it is healed.
/// </summary>
public sealed class VirtualIpPair : IAsyncDisposable
{
    private static readonly string[] Tools = ["keepalived", "ss"];
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly VirtualIpOptions _options;
    private readonly string _virtualIp;
    private readonly Dictionary<ProxyHost, GuardedProcess> _daemons = [];

    private VirtualIpPair(VirtualIpOptions options, string virtualIp, ProxyHost first, ProxyHost second)
    {
        _options = options;
        _virtualIp = virtualIp;
        First = first;
        Second = second;
    }

    /// <summary>Where clients connect to.</summary>
    public ClusterAddress Address => new(_virtualIp, _options.Port);

    /// <summary>The machine with the higher priority.</summary>
    public ProxyHost First { get; }

    public ProxyHost Second { get; }

    /// <summary>Who has the address now: one machine, for a moment none or both.</summary>
    public IReadOnlyList<ProxyHost> Owners => [.. new[] { First, Second }.Where(host => host.Machine.Owns(_virtualIp))];

    /// <summary>Null when this machine can run the pair, else the reason why not.</summary>
    public static string? MissingPrerequisite() =>
        TestNetwork.MissingPrerequisite() ?? HaProxyProcess.MissingPrerequisite()
        ?? Tools.Where(static tool => RabbitInstallation.FindTool(tool) is null).Select(static tool => $"{tool} is not installed.").FirstOrDefault();

    /// <param name="network">The network of the two machines.</param>
    /// <param name="nodes">The nodes behind; their cluster was started with the same network.</param>
    /// <param name="options">How it is set up.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<VirtualIpPair> StartAsync(
        TestNetwork network, IReadOnlyList<IRabbitNode> nodes, VirtualIpOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (MissingPrerequisite() is { } reason)
        {
            throw new ClusterUnavailableException(reason);
        }

        options ??= new VirtualIpOptions();
        var proxy = options.HaProxy with { Port = options.Port };
        var pair = new VirtualIpPair(
            options, network.TakeAddress(), await ProxyHost.StartAsync(network, nodes, proxy, cancellationToken), await ProxyHost.StartAsync(network, nodes, proxy, cancellationToken));
        try
        {
            pair.StartDaemon(pair.First, pair.Second, priority: 150);
            pair.StartDaemon(pair.Second, pair.First, priority: 100);
            await pair.WaitUntilOwnedByAsync(pair.First, cancellationToken);

            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the machine has the address, whoever else still believes to have it.</summary>
    /// <returns>When that was, as a <see cref="Stopwatch"/> timestamp.</returns>
    public async Task<long> WaitUntilReachedAsync(ProxyHost host, CancellationToken cancellationToken = default)
    {
        await Waiting.UntilAsync(
            () => Task.FromResult(Owners.Contains(host) ? null : $"{host.Machine.Name} does not have it"),
            $"The move of {_virtualIp}", MoveLimit, PollInterval, cancellationToken);

        return Stopwatch.GetTimestamp();
    }

    /// <summary>
    /// The master's Keepalived stands still until the other machine has taken the address, and goes on: for a moment both have it. Repeated as often as asked, each time
    /// until the master has it back alone.
    /// </summary>
    public async Task FlapAsync(int times, CancellationToken cancellationToken = default)
    {
        for (var time = 0; time < times; time++)
        {
            _daemons[First].SignalAll(Signal.Stop);
            await WaitUntilReachedAsync(Second, cancellationToken);
            _daemons[First].SignalAll(Signal.Continue);
            await WaitUntilOwnedByAsync(First, cancellationToken);
        }
    }

    /// <summary>Everything as after the start; the address is back at the first machine.</summary>
    public async Task HealAsync(CancellationToken cancellationToken = default)
    {
        foreach (var host in new[] { First, Second })
        {
            _daemons[host].SignalAll(Signal.Continue);
            await host.HealAsync(cancellationToken);
        }

        await WaitUntilOwnedByAsync(First, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await Second.DisposeAsync();
    }

    private Task WaitUntilOwnedByAsync(ProxyHost host, CancellationToken cancellationToken) =>
        Waiting.UntilAsync(
            async () =>
            {
                if (Owners is not [var owner] || owner != host)
                {
                    return $"owned by {string.Join(' ', Owners.Select(static one => one.Machine.Name))}\n{ReadLogs()}";
                }

                return await TcpCheck.FindFaultAsync(Address, cancellationToken);
            },
            $"{_virtualIp} at {host.Machine.Name}", MoveLimit, PollInterval, cancellationToken);

    private void StartDaemon(ProxyHost host, ProxyHost peer, int priority)
    {
        var folder = host.Machine.Folder;
        var script = Path.Combine(folder, "check-haproxy");
        var main = Path.Combine(folder, "keepalived.conf");
        var configuration = new KeepalivedConfiguration(_options, host.Machine.Address, peer.Machine.Address, _virtualIp, priority, script);
        File.WriteAllText(main, configuration.Main);
        File.WriteAllText(script, configuration.Check);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var keepalived = RabbitInstallation.FindTool("keepalived") ?? throw new ClusterUnavailableException("keepalived is not installed.");
        string[] command =
        [
            keepalived, "--vrrp", "--dont-fork", "--log-console", "--log-detail", "--use-file", main,
            "--pid", Path.Combine(folder, "keepalived.pid"), "--vrrp_pid", Path.Combine(folder, "vrrp.pid"),
        ];
        _daemons[host] = host.Machine.Start("keepalived", command, "keepalived.log");
    }

    private string ReadLogs() =>
        string.Join('\n', new[] { First, Second }.Select(static host => Path.Combine(host.Machine.Folder, "keepalived.log")).Where(File.Exists)
            .SelectMany(static file => File.ReadLines(file).TakeLast(10)));
}
