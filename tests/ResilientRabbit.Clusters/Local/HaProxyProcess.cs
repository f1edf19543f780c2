namespace ResilientRabbit.Clusters;

/// <summary>HAProxy as a process of this machine, in TCP mode before the given backends; its port stays the same over restarts.</summary>
public sealed class HaProxyProcess : IAsyncDisposable
{
    private readonly string _configuration;
    private readonly string _output;
    private readonly NetworkHost? _machine;
    private GuardedProcess? _process;

    /// <param name="options">What its file says.</param>
    /// <param name="backends">What is behind it.</param>
    /// <param name="folder">For its file and its output; one folder for each process.</param>
    /// <param name="machine">Where it runs and listens at every address; null for this machine's loopback interface.</param>
    public HaProxyProcess(HaProxyOptions options, IReadOnlyList<ClusterAddress> backends, string folder, NetworkHost? machine = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var port = options.Port ?? FreePorts.Take();
        _machine = machine;
        Address = new ClusterAddress(machine?.Address ?? "127.0.0.1", port);
        _configuration = Path.Combine(folder, "haproxy.cfg");
        _output = Path.Combine(folder, "haproxy.log");
        var listener = machine is null ? Address : new ClusterAddress("0.0.0.0", port);
        File.WriteAllText(_configuration, HaProxyConfiguration.Render(options, listener, backends));
    }

    public ClusterAddress Address { get; }

    public bool IsRunning => _process is { IsRunning: true };

    public bool IsFrozen { get; private set; }

    /// <summary>Null when haproxy is installed, else the reason why this cannot run.</summary>
    public static string? MissingPrerequisite() => RabbitInstallation.FindTool("haproxy") is null ? "haproxy is not installed." : null;

    /// <summary>Starts it, also again after it was killed; does nothing when it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (!IsRunning)
        {
            _process?.Dispose();
            var haproxy = RabbitInstallation.FindTool("haproxy") ?? throw new ClusterUnavailableException("haproxy is not installed.");
            string[] command = [haproxy, "-db", "-f", _configuration];
            _process = _machine is null
                ? GuardedProcess.Start("haproxy", command, new Dictionary<string, string?>(StringComparer.Ordinal), _output)
                : _machine.Start("haproxy", command, _output);
            IsFrozen = false;
        }

        await Waiting.UntilAsync(
            () => TcpCheck.FindFaultAsync(Address, cancellationToken),
            $"HAProxy at {Address} (see {_output})", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(20), cancellationToken);
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not null)
        {
            await _process.KillAsync();
        }

        IsFrozen = false;
    }

    public Task FreezeAsync(CancellationToken cancellationToken = default)
    {
        (_process ?? throw new InvalidOperationException("HAProxy does not run.")).Signal(Signal.Stop);
        IsFrozen = true;

        return Task.CompletedTask;
    }

    public Task ThawAsync(CancellationToken cancellationToken = default)
    {
        if (IsFrozen)
        {
            _process!.Signal(Signal.Continue);
            IsFrozen = false;
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }
}
