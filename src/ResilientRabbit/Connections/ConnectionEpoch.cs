using System.Net;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>One broker session: one TCP connection, one AMQP connection, from its first usable moment to its loss. Never reused.</summary>
/// <remarks>
/// Nothing on the way of a failover waits on the driver: its close, abort and dispose can hang for ever while a peer is silent.
/// The order of a loss is: cancel <see cref="Dead"/>, close the socket, then abort and dispose in the background.
/// </remarks>
internal sealed class ConnectionEpoch : IPublishSession
{
    private static readonly TimeSpan HeartbeatCrashDelay = TimeSpan.FromSeconds(2);

    private readonly IConnection _connection;
    private readonly TransportClient _transport;
    private readonly ClientSettings _settings;
    private readonly OpenChannels _channels = new();
    private readonly TeardownCounter _teardowns;
    private readonly SessionTidying _tidying;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _dead = new();
    private readonly TaskCompletionSource<ConnectionLoss> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TransportGuard? _guard;
    private volatile bool _isEndedByHeartbeat;
    private volatile bool _isHandedOut;
    private int _killed;

    public ConnectionEpoch(
        long number,
        RabbitEndpoint endpoint,
        IConnection connection,
        TransportClient transport,
        ClientSettings settings,
        TeardownCounter teardowns,
        ILogger logger,
        TimeProvider time)
    {
        Number = number;
        Endpoint = endpoint;
        _connection = connection;
        _transport = transport;
        _settings = settings;
        _teardowns = teardowns;
        _tidying = new SessionTidying(endpoint.ToString(), logger, time);
        _time = time;
        Dead = _dead.Token;
        Spares = new SpareChannels(this);
        ClusterName = ServerProperties.TextOf(connection, "cluster_name");
        NodeName = ServerProperties.TextOf(connection, settings.NodeNameProperty);
        BrokerVersion = ServerProperties.TextOf(connection, "version");

        // Before the first channel: the driver awaits shutdown handlers in the order of subscription, and a channel's may block.
        connection.ConnectionShutdownAsync += OnShutdownAsync;
        connection.ConnectionBlockedAsync += OnBlockedAsync;
        connection.ConnectionUnblockedAsync += OnUnblockedAsync;
    }

    /// <summary>Unique within the client, growing.</summary>
    public long Number { get; }

    public RabbitEndpoint Endpoint { get; }

    public RabbitEndpoint? Server => Endpoint;

    public IPAddress Address => _transport.Address;

    /// <summary>The cluster's name from the server properties.</summary>
    public string? ClusterName { get; }

    /// <summary>The broker's version from the server properties.</summary>
    public string? BrokerVersion { get; }

    /// <summary>The most channels that the connection may have at a time.</summary>
    public int ChannelMax => _connection.ChannelMax;

    /// <summary>The node's name, where the operator has put it into a server property, or the application's resolver has told it; the broker itself does not.</summary>
    public string? NodeName { get; set; }

    /// <summary>Cancelled first of all when the session is lost. Pass it to every driver call that may wait.</summary>
    public CancellationToken Dead { get; }

    /// <summary>Completes with the reason when the session is lost.</summary>
    public Task<ConnectionLoss> Lost => _lost.Task;

    public bool IsDead => Volatile.Read(ref _killed) != 0;

    /// <summary>The broker's reason while it has blocked this connection.</summary>
    public string? BlockedReason { get; private set; }

    public bool IsBlocked => BlockedReason is not null;

    public TimeSpan WriteStall => Stream.SendStarted is var started and not 0 ? _time.GetElapsedTime(started) : TimeSpan.Zero;

    public TimeSpan Silence => _time.GetElapsedTime(Stream.LastRead);

    /// <summary>Whether the address may move, so that <see cref="IsUnanswered"/> tells something.</summary>
    public bool AddressMoves => _transport.CountRepeats is not null;

    public bool IsUnanswered => _transport.IsUnanswered;

    public bool HasUnread => _transport.HasNews;

    public void Poke() => _transport.Poke();

    /// <summary>Raised on the driver's loop when <see cref="BlockedReason"/> has changed: handlers only post.</summary>
    public event Action<ConnectionEpoch>? BlockedChanged;

    /// <summary>Raised when a channel was given back; see <see cref="IsUnused"/>. Handlers only post.</summary>
    public event Action? ChannelRetired;

    /// <summary>Whether every channel that was opened here was given back.</summary>
    public bool IsUnused => _channels.IsEmpty;

    public TimeSpan Heartbeat => _connection.Heartbeat;

    /// <summary>This end of the socket.</summary>
    public string LocalAddress => _transport.LocalAddress;

    /// <summary>The largest frame both sides have agreed to, in bytes; 0 is no limit.</summary>
    public uint FrameMax => _connection.FrameMax;

    /// <summary>Channels for lanes, opened with the session.</summary>
    public SpareChannels Spares { get; }

    /// <summary>The bytes below the driver.</summary>
    public TransportStream Stream => _transport.Stream!;

    /// <summary>Starts watching for silence; once the session is usable.</summary>
    public void StartGuard()
    {
        _guard = new TransportGuard(_transport, _connection.Heartbeat, _time, OnSilent);
        if (IsDead)
        {
            _guard.Dispose();
        }
    }

    /// <summary>Opens a channel within the request timeout. A failed one is never used again; the caller tries anew or waits for another session.</summary>
    /// <exception cref="ConnectionException">The session is dead or did not answer in time.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async Task<IChannel> OpenChannelAsync(CreateChannelOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(_settings.RequestTimeout, _time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, Dead);
        Task<IChannel>? opening = null;
        try
        {
            opening = _connection.CreateChannelAsync(options, linked.Token);
            SessionTidying.ObserveLater(opening);
            return _channels.Add(await opening.WaitAsync(linked.Token).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            if (opening is { IsFaulted: false, IsCanceled: false })
            {
                _teardowns.Track(_tidying.CloseLateAsync(opening));
            }

            cancellationToken.ThrowIfCancellationRequested();
            (int code, string text) = FailureClassifier.ReplyOf(exception);
            ConnectionFailureReason reason = IsDead ? ConnectionFailureReason.Dropped : FailureClassifier.Classify(exception);
            throw new ConnectionException(
                reason, Endpoint.ToString(), $"A channel could not be opened on {Endpoint}{(code == 0 ? string.Empty : $" ({code} {PeerText.Sanitize(text)})")}.", exception);
        }
    }

    public async Task<IPublishChannel> OpenPublishChannelAsync(IConfirmSink sink, CancellationToken cancellationToken)
        => new PublishChannel(this, await Spares.TakeOrOpenAsync(cancellationToken).ConfigureAwait(false), sink);

    /// <summary>Closes a channel in the background: never waits on the driver.</summary>
    public void Retire(IChannel channel)
    {
        _channels.Remove(channel);
        _teardowns.Track(Task.Run(() => _tidying.CloseAsync(channel)));
        ChannelRetired?.Invoke();
    }

    /// <summary>Leaves the driver's connection to the application: what it closes itself is over, and no loss. Silence is still watched for.</summary>
    public IConnection HandOut()
    {
        _isHandedOut = true;
        return _connection;
    }

    /// <summary>Gives the broker the next secret of this session's user.</summary>
    /// <exception cref="Exception">It was refused, which ends the session (530), or not answered in time.</exception>
    public async Task UpdateSecretAsync(string secret)
    {
        _transport.Replies.Add(secret);
        Task update = _connection.UpdateSecretAsync(secret, "The secret expires.", Dead);
        SessionTidying.ObserveLater(update);
        await update.WaitAsync(_settings.RequestTimeout, _time, Dead).ConfigureAwait(false);
    }

    /// <summary>Declares the session lost: cancels <see cref="Dead"/>, closes the socket, tidies up in the background. Returns at once; idempotent.</summary>
    public void Kill(ConnectionLoss loss)
    {
        if (Interlocked.Exchange(ref _killed, 1) != 0)
        {
            return;
        }

        _isEndedByHeartbeat = loss.Text.Contains("eartbeat", StringComparison.Ordinal) && loss.Reason != ConnectionFailureReason.Silent;
        _lost.TrySetResult(loss);
        _guard?.Dispose();

        // Not on this thread: cancelling runs the continuations of every waiting driver call, and this may be the driver's loop.
        _teardowns.Track(Task.Run(TeardownAsync));
    }

    /// <summary>Ends the session politely within the limit, otherwise by force. When it returns the socket is closed.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        try
        {
            Task closing = _connection.CloseAsync(200, "Goodbye", limit, abort: false, CancellationToken.None);
            SessionTidying.ObserveLater(closing);
            await closing.WaitAsync(limit, _time).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // By force, below: at the end of the limit the caller's time is over.
        }

        if (_isEndedByHeartbeat)
        {
            // The teardown closes the socket when it may. It may be held up by others on its way there; then the time is over as well.
            await Task.WhenAny(_aborted.Task, Task.Delay(HeartbeatCrashDelay, _time)).ConfigureAwait(false);
        }

        _transport.Abort();
        Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "The client was closed."));
    }

    private async Task TeardownAsync()
    {
        await SessionTidying.CancelAsync(_dead).ConfigureAwait(false);
        if (_isEndedByHeartbeat)
        {
            // The driver's own heartbeat timer is closing the session right now: closing the socket under it ends the process (driver issue 1884).
            await Task.Delay(HeartbeatCrashDelay, _time).ConfigureAwait(false);
        }

        _transport.Abort();
        _aborted.TrySetResult();
        await _tidying.CloseAsync(_connection).ConfigureAwait(false);
    }

    private void OnSilent(TimeSpan silence)
    {
        Kill(new ConnectionLoss(ConnectionFailureReason.Silent, $"Nothing was received for {silence.TotalSeconds:0.0} s, with a heartbeat of {Heartbeat.TotalSeconds:0} s."));
        if (_isHandedOut)
        {
            // The application may be closing it, and wait for a peer that is not there.
            _transport.Abort();
        }
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs args)
    {
        // A polite close of our own goes on with its handshake: CloseAsync ends it.
        if (args.Initiator != ShutdownInitiator.Application)
        {
            Kill(FailureClassifier.Describe(args));
        }
        else if (_isHandedOut && Interlocked.Exchange(ref _killed, 1) == 0)
        {
            _lost.TrySetResult(FailureClassifier.Describe(args));
            _ = SessionTidying.CancelAsync(_dead);
            _teardowns.Track(SessionTidying.EndHandedOutAsync(_transport, _guard, _time));
        }

        return Task.CompletedTask;
    }

    private Task OnBlockedAsync(object sender, ConnectionBlockedEventArgs args)
    {
        BlockedReason = args.Reason;
        _transport.SetUserTimeout(TimeSpan.Zero);
        BlockedChanged?.Invoke(this);
        return Task.CompletedTask;
    }

    private Task OnUnblockedAsync(object sender, AsyncEventArgs args)
    {
        BlockedReason = null;
        _transport.SetUserTimeout(_connection.Heartbeat);
        BlockedChanged?.Invoke(this);
        return Task.CompletedTask;
    }
}
