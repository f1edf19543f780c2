using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Proxy;

namespace ResilientRabbit.Testing;

/// <summary>
/// A TCP proxy before any AMQP 0-9-1 broker that knows frames: the faults and the journal of the test broker for a real one, and a line with latency.
/// Thread-safe.
/// </summary>
/// <remarks>
/// Without faults it is transparent. Clients that begin with something else than AMQP, such as TLS, are passed on as plain bytes: for them only
/// <see cref="FromClient"/>, <see cref="FromBroker"/> and the faults <see cref="FaultSet.AtConnect"/> count.
/// Faults and journal stand at the client's end of the line, so the journal's times are the client's.
/// </remarks>
public sealed class FrameProxy : IAsyncDisposable
{
    private readonly FrameProxyOptions _options;
    private readonly FaultEngine _engine = new();
    private readonly FrameJournal? _journal;
    private readonly ConcurrentDictionary<int, IProxyConnection> _connections = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _gate = new();
    private Socket? _listener;
    private BlackHole? _blackHole;
    private Task _accepting = Task.CompletedTask;
    private int _accepted;

    private FrameProxy(FrameProxyOptions options)
    {
        _options = options;
        Faults = new FaultSet(_engine);
        _journal = options.KeepJournal ? new FrameJournal(TimeProvider.System, options.JournalCapacity) : null;
    }

    /// <summary>Where clients connect to: the host.</summary>
    public string Host => _options.ListenAddress.ToString();

    /// <summary>Where clients connect to: the port. It stays the same when connections are refused and accepted again.</summary>
    public int Port { get; private set; }

    /// <summary>The faults that clients of this proxy meet.</summary>
    public FaultSet Faults { get; }

    /// <summary>What happens to the publishes that come next, one by one: short for <see cref="FaultSet.OnPublish"/>.</summary>
    public PublishScript OnPublish => Faults.OnPublish;

    /// <summary>What went over the wire.</summary>
    /// <exception cref="InvalidOperationException"><see cref="FrameProxyOptions.KeepJournal"/> is off.</exception>
    public FrameJournal Journal => _journal ?? throw new InvalidOperationException("This proxy keeps no journal: FrameProxyOptions.KeepJournal is off.");

    /// <summary>The line's conditions from clients to the broker.</summary>
    public LineConditions FromClient { get; } = new();

    /// <summary>The line's conditions from the broker to clients.</summary>
    public LineConditions FromBroker { get; } = new();

    /// <summary>How many clients are connected.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>How many clients have connected so far; also the number of the last connection.</summary>
    public int AcceptedCount => Volatile.Read(ref _accepted);

    /// <summary>Starts a proxy.</summary>
    /// <param name="options">Where it listens and what stands behind it.</param>
    /// <returns>The proxy; it is listening.</returns>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static FrameProxy Start(FrameProxyOptions? options = null)
    {
        var proxy = new FrameProxy(options ?? new FrameProxyOptions());
        proxy.Listen(proxy._options.ListenPort);
        return proxy;
    }

    /// <summary>Starts a proxy on a free loopback port.</summary>
    /// <param name="targetHost">The broker's host.</param>
    /// <param name="targetPort">The broker's port.</param>
    /// <returns>The proxy; it is listening.</returns>
    public static FrameProxy Start(string targetHost, int targetPort) => Start(new FrameProxyOptions { TargetHost = targetHost, TargetPort = targetPort });

    /// <summary>Sets the latency of both directions, so that a round trip takes this much longer.</summary>
    /// <param name="roundTrip">The additional time of a round trip.</param>
    public void SetRoundTrip(TimeSpan roundTrip)
    {
        FromClient.Latency = roundTrip / 2;
        FromBroker.Latency = roundTrip / 2;
    }

    /// <summary>New connections are refused from now on, as if nothing listened. Those that are open stay.</summary>
    public void RefuseConnections()
    {
        lock (_gate)
        {
            StopListening();
        }
    }

    /// <summary>
    /// New connections get no answer at all from now on, as from a host that is gone or behind a firewall that drops: the client's SYN meets a full
    /// backlog, and its connect waits until its own time-out. Those that are open stay. On Linux; other systems may refuse instead.
    /// </summary>
    public void BlackHoleConnections()
    {
        lock (_gate)
        {
            StopListening();
            if (!_stopped.IsCancellationRequested)
            {
                _blackHole = new BlackHole(new IPEndPoint(_options.ListenAddress, Port));
            }
        }
    }

    /// <summary>New connections are accepted again, on the same port. Who met the black hole gets in with its next SYN.</summary>
    public void AcceptConnections()
    {
        lock (_gate)
        {
            if (_listener is null && !_stopped.IsCancellationRequested)
            {
                StopListening();
                Listen(Port);
            }
        }
    }

    /// <summary>All clients get a reset.</summary>
    public void ResetConnections()
    {
        foreach (IProxyConnection connection in _connections.Values)
        {
            connection.Reset();
        }
    }

    /// <summary>All clients get FIN, after what is on its way to them.</summary>
    /// <returns>A task that completes when it is sent.</returns>
    public Task FinishConnectionsAsync() => Task.WhenAll(_connections.Values.Select(static connection => connection.FinishAsync()));

    /// <summary>Closes the listener and all connections.</summary>
    /// <returns>A task that completes when all is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_stopped.IsCancellationRequested)
        {
            return;
        }

        await _stopped.CancelAsync().ConfigureAwait(false);
        RefuseConnections();
        Faults.CancelAll();
        await _accepting.ConfigureAwait(false);
        foreach (IProxyConnection connection in _connections.Values)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>From where to where, and how many are connected.</summary>
    /// <returns>One line of text.</returns>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port} -> {_options.TargetHost}:{_options.TargetPort}, {ConnectionCount} connections");

    private void StopListening()
    {
        _listener?.Dispose();
        _listener = null;
        _blackHole?.Dispose();
        _blackHole = null;
    }

    private void Listen(int port)
    {
        var listener = new Socket(_options.ListenAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(_options.ListenAddress, port));
            listener.Listen(512);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync(_stopped.Token).ConfigureAwait(false);
                _ = ServeAsync(socket, Interlocked.Increment(ref _accepted));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Refused from now on, or stopped.
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        try
        {
            if (await _engine.AdmitAsync(socket, _stopped.Token).ConfigureAwait(false)
                && await OpenAsync(socket, number).ConfigureAwait(false) is { } connection)
            {
                await RunAsync(connection, number).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (LinkSocket.IsEnd(exception) || exception is OperationCanceledException)
        {
            // The broker does not answer, or the client left early: what a client sees without a proxy is a refusal or a reset.
            LinkSocket.Reset(socket);
        }
    }

    private async Task<IProxyConnection?> OpenAsync(Socket socket, int number)
    {
        Upstream broker = await Upstream.ConnectAsync(_options.TargetHost, _options.TargetPort, _stopped.Token).ConfigureAwait(false);
        var stream = new NetworkStream(socket, ownsSocket: false);
        try
        {
            ReadOnlyMemory<byte> start = await ProtocolStart.ReadAsync(stream, _stopped.Token).ConfigureAwait(false);
            return ProtocolStart.IsAmqp(start.Span)
                ? new ProxyConnection(new AmqpLink(socket, stream, number, _engine, _journal, start.Span), broker, this)
                : new PlainConnection(socket, stream, start, broker, this);
        }
        catch
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task RunAsync(IProxyConnection connection, int number)
    {
        _connections[number] = connection;
        await using (connection.ConfigureAwait(false))
        {
            if (!_stopped.IsCancellationRequested)
            {
                await connection.RunAsync().ConfigureAwait(false);
            }
        }

        _connections.TryRemove(number, out _);
    }
}
