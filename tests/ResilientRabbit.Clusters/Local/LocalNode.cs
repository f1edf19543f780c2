using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>A node as a process of this machine, on the loopback interface.</summary>
internal sealed class LocalNode : NodeBase, IAsyncDisposable
{
    /// <summary>
    /// The loopback interface's segments have 64 KB. When the kernel shrinks a receive window below that, what the other node has to send waits for the window probe, which each packet from here puts off: the link
    /// between two busy nodes stands still until they declare each other dead. A larger buffer keeps the window above that.
    /// </summary>
    private const string LinkOptions = "[{recbuf,1048576}]";

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);
    private readonly LocalSite _site;
    private readonly NodeFiles _files;
    private readonly int _distributionPort = FreePorts.Take();
    private GuardedProcess? _process;

    public LocalNode(LocalSite site, string name, ClusterOptions options, string seed)
        : base(name, options)
    {
        _site = site;
        Address = new ClusterAddress("127.0.0.1", FreePorts.Take());
        _files = new NodeFiles(Path.Combine(site.Folder, name));
        var second = options.Network is { } network ? new ClusterAddress(network.Gateway, Address.Port).ToString() : null;
        _files.Write(new NodeConfiguration(options, name, seed, Address.ToString(), second));
    }

    public override ClusterAddress Address { get; }

    public override bool IsRunning => _process is { IsRunning: true };

    private protected override string MemoryWatermark => NodeConfiguration.MemoryWatermarkTerm;

    public override async Task KillAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not null)
        {
            await _process.KillAsync();
        }

        IsFrozen = false;
    }

    public override async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await ThawAsync(cancellationToken);
        if (_process is { IsRunning: true } process)
        {
            // RabbitMQ takes it as an orderly stop. One that hangs in it (seen on 3.10 after a partition) is killed, as an init system does.
            process.Signal(Signal.Terminate);
            try
            {
                await process.WaitForEndAsync(StopTimeout, cancellationToken);
            }
            catch (TimeoutException)
            {
                await Console.Error.WriteLineAsync($"Node {Name} did not stop within {StopTimeout} and is killed.");
                await KillAsync(cancellationToken);
            }
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (!IsRunning)
        {
            Launch();
        }

        try
        {
            await WaitForHandshakeAsync(Options.StartTimeout, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            throw new InvalidOperationException($"Node {Name} did not start: {exception.Message}\n{_files.ReadTail()}", exception);
        }
    }

    public override Task FreezeAsync(CancellationToken cancellationToken = default)
    {
        Running.Signal(Signal.Stop);
        IsFrozen = true;

        return Task.CompletedTask;
    }

    public override Task ThawAsync(CancellationToken cancellationToken = default)
    {
        if (IsFrozen)
        {
            Running.Signal(Signal.Continue);
            IsFrozen = false;
        }

        return Task.CompletedTask;
    }

    public override async Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken = default)
    {
        // erl_call costs milliseconds where rabbitmqctl starts an Erlang machine.
        string[] arguments = ["-c", _site.Cookie, "-sname", Name, "-fetch_stdout", "-no_result_term", "-e"];
        var result = await CommandRunner.RunAsync(
            [.. _site.Installation.ErlCall, .. arguments], _site.Variables, Erlang.Wrap(expression), EvaluationTimeout, cancellationToken);

        return Erlang.Unwrap(Name, expression, result.Output + result.Error);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    internal override Task WipeAsync(CancellationToken cancellationToken)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"Node {Name} runs: its data cannot be wiped.");
        }

        _files.WipeData();

        return Task.CompletedTask;
    }

    private protected override async Task<string> RunCtlAsync(IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = await CommandRunner.RunAsync(
            [.. _site.Installation.Control, "-n", Name, .. arguments], _site.Variables, "", timeout, cancellationToken);

        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"rabbitmqctl -n {Name} {string.Join(' ', arguments)} failed: {result.Output}{result.Error}");
    }

    private protected override async Task WaitForHandshakeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var died = false;
        var fault = await Waiting.TryUntilAsync(
            async () =>
            {
                died = !IsRunning;

                return died ? null : await FindHandshakeFaultAsync(cancellationToken);
            },
            timeout, TimeSpan.FromMilliseconds(100), cancellationToken);

        if (died || fault is not null)
        {
            throw new InvalidOperationException(died ? "the process ended" : $"no AMQP handshake at {Address} within {timeout}: {fault}");
        }
    }

    private GuardedProcess Running => _process is { IsRunning: true } process ? process : throw new InvalidOperationException($"Node {Name} does not run.");

    private void Launch()
    {
        _process?.Dispose();
        var variables = _site.Variables;
        _files.AddTo(variables);
        variables["RABBITMQ_NODENAME"] = Name;
        variables["RABBITMQ_DIST_PORT"] = _distributionPort.ToString(CultureInfo.InvariantCulture);
        variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
            $"+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false -kernel inet_dist_use_interface {{127,0,0,1}} -kernel inet_dist_listen_options {LinkOptions} -kernel inet_dist_connect_options {LinkOptions}";
        _process = GuardedProcess.Start("beam.smp", _site.Installation.Server, variables, _files.Output);
    }
}
