using System.Globalization;
using DotNet.Testcontainers.Containers;

namespace ResilientRabbit.Clusters;

/// <summary>A node in a container of its own.</summary>
internal sealed class ContainerNode : NodeBase
{
    public const int AmqpPort = 5672;

    /// <summary>Its image's entry point where it has one, for that switches to the right user.</summary>
    public static readonly ServerSupervisor Supervisor = new(
        Prepare:
        """
        umask 077
        for d in /var/lib/rabbitmq /root; do mkdir -p "$d"; rm -f "$d/.erlang.cookie"; printf %s "$RR_COOKIE" > "$d/.erlang.cookie"; chmod 400 "$d/.erlang.cookie"; done
        chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
        umask 022
        """,
        Server: "if command -v docker-entrypoint.sh >/dev/null; then docker-entrypoint.sh rabbitmq-server; else rabbitmq-server; fi",
        CommandLinePattern: "beam.smp .* -s rabbit boot");

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(90);
    private readonly IContainer _container;
    private bool _isRunning;

    public ContainerNode(IContainer container, string name, ClusterOptions options)
        : base(name, options) => _container = container;

    // Read each time: the engine gives another port when a container is started again.
    public override ClusterAddress Address => new(_container.Hostname, _container.GetMappedPublicPort(AmqpPort));

    public override bool IsRunning => _isRunning;

    private protected override string MemoryWatermark => NodeConfiguration.MemoryWatermarkTerm;

    public Task CreateAsync(CancellationToken cancellationToken) => _container.StartAsync(cancellationToken);

    public override async Task KillAsync(CancellationToken cancellationToken = default)
    {
        // A paused container runs no command and takes no signal but the engine's.
        await ThawAsync(cancellationToken);
        await ExecuteAsync(Supervisor.EndWith("KILL"), TimeSpan.FromSeconds(30), cancellationToken);
        _isRunning = false;
    }

    public override async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await ThawAsync(cancellationToken);
        await ExecuteAsync(Supervisor.EndWith("TERM"), StopTimeout, cancellationToken);
        _isRunning = false;
    }

    public override async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await ExecuteAsync(ServerSupervisor.Start, EvaluationTimeout, cancellationToken);
        _isRunning = true;
        try
        {
            await WaitForHandshakeAsync(Options.StartTimeout, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            var (output, error) = await _container.GetLogsAsync(ct: cancellationToken);
            var tail = string.Join('\n', (output + error).Split('\n').TakeLast(40));
            throw new InvalidOperationException($"Node {Name} did not start: {exception.Message}\n{tail}", exception);
        }
    }

    public override async Task FreezeAsync(CancellationToken cancellationToken = default)
    {
        await _container.PauseAsync(cancellationToken);
        IsFrozen = true;
    }

    public override async Task ThawAsync(CancellationToken cancellationToken = default)
    {
        if (IsFrozen)
        {
            await _container.UnpauseAsync(cancellationToken);
            IsFrozen = false;
        }
    }

    public override async Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken = default)
    {
        // A busy engine and a new Erlang machine per call: more patient than the local driver has to be.
        var result = await ExecuteAsync(["rabbitmqctl", "-n", Name, "eval", Erlang.Wrap(expression)], 4 * EvaluationTimeout, cancellationToken);

        return Erlang.Unwrap(Name, expression, result.Stdout + result.Stderr);
    }

    internal override async Task WipeAsync(CancellationToken cancellationToken) =>
        await ExecuteAsync(["sh", "-c", "rm -rf /var/lib/rabbitmq/mnesia"], EvaluationTimeout, cancellationToken);

    private protected override async Task<string> RunCtlAsync(IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = await ExecuteAsync(["rabbitmqctl", "-n", Name, .. arguments], timeout, cancellationToken);

        return result.ExitCode == 0
            ? result.Stdout
            : throw new InvalidOperationException($"rabbitmqctl -n {Name} {string.Join(' ', arguments)} failed: {result.Stdout}{result.Stderr}");
    }

    private protected override async Task WaitForHandshakeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var polls = 0;
        var died = false;
        var fault = await Waiting.TryUntilAsync(
            async () =>
            {
                // Asking the engine costs more than a connect: only now and then.
                if (++polls % 20 == 0)
                {
                    var running = await ExecuteAsync(ServerSupervisor.IsRunning, EvaluationTimeout, cancellationToken);
                    died = !running.Stdout.Contains("yes", StringComparison.Ordinal);
                }

                return died ? null : await FindHandshakeFaultAsync(cancellationToken);
            },
            timeout, TimeSpan.FromMilliseconds(200), cancellationToken);

        if (died || fault is not null)
        {
            _isRunning = !died;
            throw new InvalidOperationException(died ? "the process ended" : $"no AMQP handshake at {Address} within {timeout}: {fault}");
        }
    }

    private async Task<ExecResult> ExecuteAsync(string[] command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            // The engine's client does not always look at its token: the wait is bounded on its own.
            return await _container.ExecAsync(command, deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"{command[0]} in {Name} did not end within {timeout}."), exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{command[0]} in {Name} could not be run: {exception.Message}", exception);
        }
    }
}
