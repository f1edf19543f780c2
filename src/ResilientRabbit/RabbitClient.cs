using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Consuming;
using ResilientRabbit.Declaring;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Publishing;

namespace ResilientRabbit;

/// <summary>The client of one cluster and virtual host. See <see cref="IRabbitClient"/>.</summary>
/// <remarks>Thread-safe. Publishing and consuming use different connections, so that a blocked publisher never stops an acknowledgement.</remarks>
public sealed class RabbitClient : IRabbitClient
{
    private readonly ClientSettings _settings;
    private ClientSettings _taken;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ConnectionSupervisor[] _publishing;
    private readonly ConnectionSupervisor _consuming;
    private readonly TopologyDeclarer _declarer;
    private readonly Publisher _publisher;
    private readonly QueueLeaders? _leaders;
    private readonly DriverConnectionFactory _factory;
    private readonly EndpointSelector _selector;
    private readonly RawConnections _raw;
    private readonly StatusFeed _feed;
    private readonly ClientTelemetry _telemetry;
    private readonly IDisposable _driverEvents;
    private readonly SubscriptionList _subscriptions = new();
    private readonly SubscriptionServices _services;
    private readonly Lock _closeGate = new();
    private IDisposable? _companion;
    private Task? _closing;

    /// <summary>Builds the client. Nothing is connected before the first use or <see cref="ConnectAsync"/>.</summary>
    /// <param name="options">The options, copied here.</param>
    /// <param name="loggerFactory">Where to log; nowhere when <see langword="null"/>.</param>
    /// <param name="timeProvider">The time; the system's when <see langword="null"/>.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is not valid; all problems are listed.</exception>
    public RabbitClient(ResilientRabbitOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
        : this(options, loggerFactory, timeProvider, meters: null, name: null)
    {
    }

    /// <summary>Builds a client that measures with the container's meters, under a name of its own.</summary>
    internal RabbitClient(ResilientRabbitOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider, IMeterFactory? meters, string? name)
    {
        _settings = _taken = ClientSettings.From(options);
        loggerFactory ??= NullLoggerFactory.Instance;
        _time = timeProvider ?? TimeProvider.System;
        _logger = QuietLogger.Of(loggerFactory, "ResilientRabbit.Connection");
        _factory = new DriverConnectionFactory(_settings, _logger, _time);
        _telemetry = new ClientTelemetry(string.IsNullOrEmpty(name) ? _settings.ClientName : name, meters, _time);
        Warn(_settings, options);

        // A random start, so that many clients spread over the nodes.
        _selector = new EndpointSelector(_settings.Endpoints, _time, Random.Shared.Next(_settings.Endpoints.Count), _settings.EndpointOrder, _settings.ConnectionMode);
        _raw = new RawConnections(_settings, _selector, _factory, _logger);
        _publishing = [.. Enumerable.Range(1, _settings.Publisher.Connections).Select(number => NewSupervisor($"publish-{number}"))];
        _consuming = NewSupervisor("consume");
        _declarer = new TopologyDeclarer(_consuming, _settings.RequestTimeout, QuietLogger.Of(loggerFactory, "ResilientRabbit.Topology"), _time, _settings.Declarations);
        _leaders = QueueLeaders.Of(_settings, QuietLogger.Of(loggerFactory, "ResilientRabbit.Publishing"), _time);
        _publisher = new Publisher(new LaneContext
        {
            Settings = _settings.Publisher,
            Sources = _publishing,
            Routes = new RouteGuide(_declarer),
            Leaders = _leaders,
            Ledger = new PublishLedger(_settings.Publisher.MaxPendingMessages, _settings.Publisher.MaxPendingBytes, _settings.Publisher.Lanes),
            Logger = QuietLogger.Of(loggerFactory, "ResilientRabbit.Publishing"),
            Time = _time,
            Telemetry = _telemetry,
        });
        _services = new SubscriptionServices(
            _consuming, _declarer, _publisher, _settings.RequestTimeout, _settings.Consumers, QuietLogger.Of(loggerFactory, "ResilientRabbit.Consuming"), _time) { Telemetry = _telemetry, MaxInbound = _settings.MaxInboundMessageSize };
        _driverEvents = DriverEventBridge.Lease(loggerFactory, _time);
        _feed = new StatusFeed(change => StatusChanged?.Invoke(this, change), _logger);
        foreach (ConnectionSupervisor supervisor in Supervisors)
        {
            supervisor.StatusChanged += _telemetry.OnStatusChanged;
            supervisor.StatusChanged += _feed.Post;
            supervisor.Opened += _ => OnOpened(supervisor);
        }

        _consuming.Moved += _subscriptions.Move;
        _telemetry.Measured = new MeasuredClient(_publisher, _selector, _subscriptions, [.. Supervisors]);
    }

    /// <inheritdoc/>
    public event EventHandler<ConnectionStatusChange>? StatusChanged;

    /// <inheritdoc/>
    public IPublisher Publisher => _publisher;

    /// <summary>Gets the factory of connections for code that needs the driver itself.</summary>
    public IResilientConnectionFactory ConnectionFactory => _raw;

    /// <inheritdoc/>
    public RabbitClientStatus Status
    {
        get
        {
            ConnectionStatus[] connections = [.. Supervisors.Select(supervisor => _telemetry.Complete(supervisor.Status))];
            return new RabbitClientStatus(StateOf(connections), connections, _publisher.Counts, _subscriptions.Statuses)
            {
                OldestUnconfirmed = _publisher.OldestUnconfirmed,
                Lanes = LaneStatuses.Of(_publisher.Lanes, _publishing),
            };
        }
    }

    /// <summary>Background work that nobody waits for and that is still running: zero a few seconds after the last loss or close.</summary>
    internal int TeardownsRunning => _factory.Teardowns.Running;

    /// <summary>Where what belongs to this client is measured.</summary>
    internal Instruments Instruments => _telemetry.Instruments;

    private IEnumerable<ConnectionSupervisor> Supervisors => _publishing.Append(_consuming);

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        _publisher.Start();
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] opening = [.. _publishing.Select(supervisor => supervisor.GetEpochAsync(others.Token).AsTask())];
        Array.ForEach(opening, SessionTidying.ObserveLater);
        try
        {
            Task first = await Task.WhenAny(opening).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            await _consuming.GetEpochAsync(cancellationToken).ConfigureAwait(false);
            await _declarer.InitialPass.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await others.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task DeclareAsync(Topology topology, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ThrowIfClosed();
        await _declarer.DeclareAsync(topology, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ISubscription> SubscribeAsync(string queue, IMessageHandler handler, ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return await _subscriptions.StartAsync(Subscription.Create(queue, handler, options, _services), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes other endpoints, credentials and TLS settings for the connections that are opened from now on; all other options are those of the start. Connections to endpoints that are not in the list any more are moved.</summary>
    /// <remarks>A connection is moved by opening its successor first: publishing leaves the old one when nothing is unanswered on it, subscriptions drain. After <see cref="ResilientRabbitOptions.MoveTimeout"/> it is closed by force, as if it were lost. Other live connections stay as they are.</remarks>
    /// <param name="options">The options; only where and as whom to connect is taken over.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is not valid, or the virtual host differs; all problems are listed and the old ones stay in force.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public void Reconfigure(ResilientRabbitOptions options)
    {
        ThrowIfClosed();
        ClientSettings settings = ClientSettings.From(options);
        if (!string.Equals(settings.VirtualHost, _settings.VirtualHost, StringComparison.Ordinal))
        {
            string problem = $"{ResilientRabbitOptionsValidator.DefaultPath}:{nameof(options.VirtualHost)}: cannot change while the client lives, is {ProblemList.Quote(settings.VirtualHost)} and was {ProblemList.Quote(_settings.VirtualHost)}";
            throw new Microsoft.Extensions.Options.OptionsValidationException(string.Empty, typeof(ResilientRabbitOptions), [problem]);
        }

        Warn(settings, options);
        bool isChanged = !AccessComparison.IsSame(Interlocked.Exchange(ref _taken, settings), settings);
        _factory.UseAccessOf(settings);
        _selector.Replace(settings.Endpoints, settings.ConnectionMode);
        _logger.EndpointsReplaced(_settings.ClientName, string.Join(", ", settings.Endpoints));
        foreach (ConnectionSupervisor supervisor in Supervisors)
        {
            supervisor.EndpointsChanged(isChanged);
        }
    }

    /// <inheritdoc/>
    public async Task<PulledMessage?> GetAsync(string queue, ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return await MessagePuller.GetAsync(ConsumerSettings.From(queue, options, _services.Defaults), _services, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The one place that blocks: a container that is disposed synchronously gives no other choice. Off the caller's context, so that it cannot deadlock.
        Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();
    }

    /// <summary>Closes the client within <see cref="ResilientRabbitOptions.ShutdownTimeout"/>: consumers finish their running messages, pending messages get their outcome, connections are closed. Idempotent.</summary>
    /// <returns>A task that completes when no socket is left.</returns>
    public ValueTask DisposeAsync()
    {
        lock (_closeGate)
        {
            _closing ??= Task.Run(CloseAsync);
            return new ValueTask(_closing);
        }
    }

    /// <summary>Disposes something when the client is closed.</summary>
    internal void Own(IDisposable companion) => _companion = companion;

    /// <summary>Registers what is to be declared before anything is published.</summary>
    internal void RegisterTopology(Topology topology) => _declarer.Register(topology);

    private static ConnectionState StateOf(ConnectionStatus[] connections)
    {
        ConnectionState[] inUse = [.. connections.Select(static connection => connection.State).Where(static state => state != ConnectionState.Disconnected)];
        if (inUse.Length == 0)
        {
            return ConnectionState.Disconnected;
        }

        ReadOnlySpan<ConnectionState> worstFirst =
            [ConnectionState.Closed, ConnectionState.Faulted, ConnectionState.Reconnecting, ConnectionState.Connecting];
        foreach (ConnectionState state in worstFirst)
        {
            if (Array.IndexOf(inUse, state) >= 0)
            {
                return state;
            }
        }

        return ConnectionState.Connected;
    }

    private void Warn(ClientSettings settings, ResilientRabbitOptions options)
    {
        foreach (string warning in OptionWarnings.Of(settings, options))
        {
            _logger.OptionsDoubtful(_settings.ClientName, warning);
        }
    }

    private ConnectionSupervisor NewSupervisor(string role) => new(role, _settings, _selector, _factory, _logger, _time);

    private void OnOpened(ConnectionSupervisor supervisor)
    {
        foreach (ConnectionSupervisor other in Supervisors)
        {
            // A broker is back: after an outage nobody sits out the longest pause.
            other.WakeUp();
        }

        if (supervisor.Status.Losses > 0)
        {
            _declarer.Redeclare();
        }
    }

    private void ThrowIfClosed()
    {
        lock (_closeGate)
        {
            ObjectDisposedException.ThrowIf(_closing is not null, this);
        }
    }

    private async Task CloseAsync()
    {
        long start = _time.GetTimestamp();
        _companion?.Dispose();
        _leaders?.Dispose();
        _raw.Dispose();

        // First: a handler that retries or dead-letters needs the publisher.
        await _subscriptions.CloseAsync(_settings.ShutdownTimeout, _time).ConfigureAwait(false);
        await _publisher.CloseAsync(Remaining(start)).ConfigureAwait(false);
        PublishCounts counts = _publisher.Counts;
        await _declarer.DisposeAsync().ConfigureAwait(false);

        // Half a second for a polite goodbye, also when the time is used up: beyond it the sockets are reset.
        await Task.WhenAll(Supervisors.Select(supervisor => supervisor.CloseAsync(TimeSpan.FromMilliseconds(500)))).ConfigureAwait(false);
        _telemetry.Dispose();
        _driverEvents.Dispose();
        _logger.ClientClosed(_settings.ClientName, counts.Pending);
        await _feed.CloseAsync(TimeSpan.FromMilliseconds(200), _time).ConfigureAwait(false);
    }

    private TimeSpan Remaining(long start)
    {
        TimeSpan left = _settings.ShutdownTimeout - _time.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
