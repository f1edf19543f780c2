using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Keeps one connection open: a single loop that connects, watches and reconnects, and is the only writer of its status.</summary>
internal sealed class ConnectionSupervisor : ISessionSource, IAsyncDisposable
{
    private readonly ClientSettings _settings;
    private readonly EndpointSelector _selector;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ConnectAttempts _attempts;
    private readonly StatusWriter _status;
    private readonly ShortLives _shortLives;
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<Action> _posted = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly DepartureList _departures;
    private readonly Lock _startGate = new();
    private readonly SessionHolder _session = new();
    private Task? _loop;
    private Task<bool>? _news;
    private SuccessorSearch? _search;

    public ConnectionSupervisor(string role, ClientSettings settings, EndpointSelector selector, DriverConnectionFactory factory, ILogger logger, TimeProvider time)
    {
        Role = role;
        _settings = settings;
        _selector = selector;
        _logger = logger;
        _time = time;
        Name = $"{settings.ClientName}:{role}";
        _status = new StatusWriter(Name, logger);
        _departures = new DepartureList(Name, settings, selector, logger, time);
        _shortLives = new ShortLives(settings.ReconnectDelay, settings.ReconnectMaxDelay);
        _attempts = new ConnectAttempts(Role, Name, settings, selector, factory, logger, time);
        _attempts.Starting += _status.AttemptStarting;
        _attempts.Failed += (endpoint, error, _) => _status.AttemptFailed(endpoint, error);
    }

    /// <summary>What the connection is for, unique within the client: <c>publish-1</c>, <c>consume</c>.</summary>
    public string Role { get; }

    /// <summary>The name at the broker.</summary>
    public string Name { get; }

    /// <summary>The live session, or null while there is none.</summary>
    public ConnectionEpoch? Current => _session.Current;

    public IPublishSession? Session => Current;

    public ConnectionStatus Status => _status.Current;

    /// <summary>Why there is no connection at the moment, as far as known: the cause that callers' exceptions carry.</summary>
    public ConnectionException? LastError => _attempts.LastError;

    /// <summary>Raised on this loop after each change of the status. Handlers do not block.</summary>
    public event Action<ConnectionStatus, ConnectionStatus>? StatusChanged
    {
        add => _status.Changed += value;
        remove => _status.Changed -= value;
    }

    /// <summary>Raised on this loop when a session has become usable, was lost, or was blocked or unblocked. Handlers do not block.</summary>
    public event Action? SessionChanged;

    /// <summary>Raised on this loop when a session has become usable.</summary>
    public event Action<ConnectionEpoch>? Opened;

    /// <summary>Raised on this loop when a session has taken the place of one whose endpoint was removed: whoever lives on that one should leave it.</summary>
    public event Action? Moved;

    /// <summary>Starts the loop at the first call.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _loop) is not null)
        {
            return;
        }

        lock (_startGate)
        {
            Volatile.Write(ref _loop, _loop ?? (_closing.IsCancellationRequested ? null : Task.Run(RunAsync)));
        }
    }

    /// <summary>Waits for a live session. Starts the loop if need be.</summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public ValueTask<ConnectionEpoch> GetEpochAsync(CancellationToken cancellationToken)
    {
        Start();
        return _session.WaitAsync(_closing.Token, cancellationToken);
    }

    /// <summary>Closes the session politely within the limit and ends the loop. When it returns the socket is closed. Idempotent.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        await SessionTidying.CancelAsync(_closing).ConfigureAwait(false);
        if (_session.Last is { } epoch)
        {
            await epoch.CloseAsync(limit).ConfigureAwait(false);
        }

        Task? loop;
        lock (_startGate)
        {
            loop = _loop;
        }

        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
            await _departures.Ended.ConfigureAwait(false);
        }
        else
        {
            _status.Move(ConnectionTrigger.CloseRequested);
        }

        _session.Close();
        _selector.Released(Role);
    }

    /// <summary>Ends the pause between two attempts, if there is one.</summary>
    public void WakeUp() => _attempts.WakeUp();

    /// <summary>The settings were loaded again: a session on an endpoint that is gone is replaced.</summary>
    /// <param name="endsPause">Whether something about where and as whom to connect has changed: then a pause between two attempts ends.</param>
    public void EndpointsChanged(bool endsPause = true)
    {
        _attempts.SettingsLoaded(endsPause);
        Volatile.Read(ref _search)?.EndpointsChanged();
        _departures.EndpointsChanged();
    }

    public async ValueTask DisposeAsync() => await CloseAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);

    private async Task RunAsync()
    {
        Task<ConnectionEpoch?>? next = null;
        try
        {
            _status.Move(ConnectionTrigger.ConnectRequested);
            while (!_closing.IsCancellationRequested)
            {
                ConnectionEpoch? successor = next is null ? null : await next.ConfigureAwait(false);
                ConnectionEpoch epoch = successor ?? await _attempts.ConnectAsync(_closing.Token).ConfigureAwait(false);
                _attempts.NoteOpened(epoch.Endpoint);
                long openedAt = _time.GetTimestamp();
                OnOpened(epoch);
                (ConnectionLoss? loss, next) = await LiveAsync(epoch).ConfigureAwait(false);
                if (loss is not null)
                {
                    OnLost(epoch, loss);
                    await Task.Delay(_shortLives.RestAfter(_time.GetElapsedTime(openedAt), Random.Shared.NextDouble()), _time, _closing.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Closing: the session, if one was just opened, is closed below.
        }
        catch (Exception exception)
        {
            // A fault of ours must not leave callers waiting on a loop that is gone without anyone seeing it.
            _logger.SupervisorFailed(Name, exception);
            _session.Close();
        }

        _session.Last?.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "The client was closed."));
        await SuccessorSearch.CloseLateAsync(next).ConfigureAwait(false);
        _status.Move(ConnectionTrigger.CloseRequested);
    }

    private void OnOpened(ConnectionEpoch epoch)
    {
        epoch.BlockedChanged += changed => _posted.Writer.TryWrite(() => OnBlockedChanged(changed));
        _session.Set(epoch);
        bool again = _status.State is ConnectionState.Reconnecting or ConnectionState.Connected || Status.Losses > 0;
        _status.Opened(epoch);
        if (_closing.IsCancellationRequested)
        {
            epoch.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "The client was closed."));
        }

        _logger.Connected(Name, epoch.Endpoint.ToString(), epoch.ClusterName, epoch.NodeName, again);
        _session.Announce(epoch);
        _ = NameAsync(epoch);
        Opened?.Invoke(epoch);
        SessionChanged?.Invoke();
    }

    /// <summary>Lives with a session until it is lost, or until another one has taken its place. Returns the loss, and where the next session comes from, if that is under way.</summary>
    private async Task<(ConnectionLoss? Loss, Task<ConnectionEpoch?>? Next)> LiveAsync(ConnectionEpoch epoch)
    {
        SuccessorSearch search = StartSearch(epoch);
        Task<ConnectionEpoch?>? found = search.Found;
        while (true)
        {
            _news ??= _posted.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await Task.WhenAny(found is null ? [epoch.Lost, _news] : [epoch.Lost, _news, found]).ConfigureAwait(false);
            if (epoch.Lost.IsCompleted)
            {
                return (await epoch.Lost.ConfigureAwait(false), search.Detach());
            }

            if (found is { IsCompleted: true })
            {
                if (await found.ConfigureAwait(false) is { } successor)
                {
                    if (search.Loss is { } silence)
                    {
                        epoch.Kill(silence);
                        return (await epoch.Lost.ConfigureAwait(false), found);
                    }

                    Leave(epoch, successor, search.IsRemoval);
                    return (null, Task.FromResult<ConnectionEpoch?>(successor));
                }

                found = null;
                if (search.IsTakenBack)
                {
                    search = StartSearch(epoch);
                    found = search.Found;
                }
            }

            _news = null;
            while (_posted.Reader.TryRead(out Action? action))
            {
                action();
            }
        }
    }

    private SuccessorSearch StartSearch(ConnectionEpoch epoch)
    {
        // Consumers stay: a move would cancel handlers that are slow, and have their messages handled twice.
        TimeSpan? failBackDelay = Role.StartsWith("publish", StringComparison.Ordinal) ? _settings.FailBackDelay : null;
        var search = new SuccessorSearch(Role, epoch, failBackDelay, _attempts, _selector, _time, _closing.Token);
        Volatile.Write(ref _search, search);
        search.Start();
        return search;
    }

    private void Leave(ConnectionEpoch epoch, ConnectionEpoch successor, bool isRemoval)
    {
        _logger.ConnectionMoved(Name, epoch.Endpoint.ToString(), successor.Endpoint.ToString(), isRemoval ? "its endpoint was removed" : "the node is free again");
        _departures.Begin(epoch, _closing.Token);

        // After this loop has the successor: those who leave must find it.
        _posted.Writer.TryWrite(() => Moved?.Invoke());
    }

    private async Task NameAsync(ConnectionEpoch epoch)
    {
        if (await NodeNaming.FindAsync(Name, epoch, _settings, _logger, _time).ConfigureAwait(false) is { } name && epoch.NodeName is null)
        {
            epoch.NodeName = name;
            _posted.Writer.TryWrite(() =>
            {
                if (Current == epoch)
                {
                    _logger.NodeNamed(Name, epoch.Endpoint.ToString(), name);
                    _status.Publish(_status.Current with { NodeName = name });
                    SessionChanged?.Invoke();
                }
            });
        }
    }

    private void OnBlockedChanged(ConnectionEpoch epoch)
    {
        if (epoch == _session.Last)
        {
            _status.Blocked(epoch.BlockedReason);
        }

        // Of one that is being left as well: lanes still live on it.
        SessionChanged?.Invoke();
    }

    private void OnLost(ConnectionEpoch epoch, ConnectionLoss loss)
    {
        _session.Clear();
        if (!_closing.IsCancellationRequested)
        {
            _attempts.NoteLoss(epoch.Endpoint, epoch.Address, new ConnectionException(loss.Reason, epoch.Endpoint.ToString(), $"The connection to {epoch.Endpoint} was lost: {loss.Reason} ({loss.ReplyCode} {PeerText.Sanitize(loss.Text)}).", loss.Cause));
            _logger.ConnectionLost(Name, epoch.Endpoint.ToString(), loss.Reason, loss.ReplyCode, loss.Text);
            _status.Lost(loss);
        }

        SessionChanged?.Invoke();
    }
}
