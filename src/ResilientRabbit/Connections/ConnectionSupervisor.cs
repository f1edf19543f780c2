using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Keeps one connection open: a single loop that connects, watches and reconnects, and is the only writer of its status.</summary>
internal sealed class ConnectionSupervisor : ISessionSource, IAsyncDisposable
{
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(5);

    private readonly ClientSettings _settings;
    private readonly EndpointSelector _selector;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ConnectAttempts _attempts;
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<ConnectionEpoch> _blockedChanges = Channel.CreateUnbounded<ConnectionEpoch>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _startGate = new();
    private TaskCompletionSource<ConnectionEpoch> _opened = NewSource();
    private ConnectionEpoch? _current;
    private ConnectionStatus _status;
    private Task? _loop;
    private Task<bool>? _blockedChange;
    private int _shortLives;

    public ConnectionSupervisor(string role, ClientSettings settings, EndpointSelector selector, DriverConnectionFactory factory, ILogger logger, TimeProvider time)
    {
        Role = role;
        _settings = settings;
        _selector = selector;
        _logger = logger;
        _time = time;
        Name = $"{settings.ClientName}:{role}";
        _status = new ConnectionStatus(Name, ConnectionState.Disconnected, null, null, null, null, null, 0);
        _attempts = new ConnectAttempts(Role, Name, settings, selector, factory, logger, time);
        _attempts.Starting += OnAttemptStarting;
        _attempts.Failed += OnAttemptFailed;
    }

    /// <summary>What the connection is for, unique within the client: <c>publish-1</c>, <c>consume</c>.</summary>
    public string Role { get; }

    /// <summary>The name at the broker.</summary>
    public string Name { get; }

    /// <summary>The live session, or null while there is none.</summary>
    public ConnectionEpoch? Current => Volatile.Read(ref _current) is { IsDead: false } epoch ? epoch : null;

    public IPublishSession? Session => Current;

    public ConnectionStatus Status => Volatile.Read(ref _status);

    /// <summary>Why there is no connection at the moment, as far as known: the cause that callers' exceptions carry.</summary>
    public ConnectionException? LastError => _attempts.LastError;

    /// <summary>Raised on this loop after each change of the status. Handlers do not block.</summary>
    public event Action<ConnectionStatus, ConnectionStatus>? StatusChanged;

    /// <summary>Raised on this loop when a session has become usable, was lost, or was blocked or unblocked. Handlers do not block.</summary>
    public event Action? SessionChanged;

    /// <summary>Raised on this loop when a session has become usable.</summary>
    public event Action<ConnectionEpoch>? Opened;

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
    public async ValueTask<ConnectionEpoch> GetEpochAsync(CancellationToken cancellationToken)
    {
        Start();
        while (true)
        {
            if (Current is { } epoch)
            {
                return epoch;
            }

            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(RabbitClient));
            epoch = await Volatile.Read(ref _opened).Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!epoch.IsDead)
            {
                return epoch;
            }

            // Lost between its opening and this line; the loop replaces the source when it has seen the loss.
            await epoch.Lost.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.Yield();
        }
    }

    /// <summary>Closes the session politely within the limit and ends the loop. When it returns the socket is closed. Idempotent.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        ConnectionEpoch? epoch = Volatile.Read(ref _current);
        if (epoch is not null)
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
        }
        else
        {
            Move(ConnectionTrigger.CloseRequested);
        }

        _opened.TrySetException(new ObjectDisposedException(nameof(RabbitClient)));
        _ = _opened.Task.Exception;
        _selector.Released(Role);
    }

    /// <summary>Ends the pause between two attempts, if there is one.</summary>
    public void WakeUp() => _attempts.WakeUp();

    public async ValueTask DisposeAsync() => await CloseAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);

    private static TaskCompletionSource<ConnectionEpoch> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        try
        {
            Move(ConnectionTrigger.ConnectRequested);
            while (!_closing.IsCancellationRequested)
            {
                ConnectionEpoch epoch = await _attempts.ConnectAsync(_closing.Token).ConfigureAwait(false);
                long openedAt = _time.GetTimestamp();
                OnOpened(epoch);
                ConnectionLoss loss = await WatchAsync(epoch).ConfigureAwait(false);
                OnLost(epoch, loss);
                await RestAfterShortLifeAsync(_time.GetElapsedTime(openedAt)).ConfigureAwait(false);
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
        }

        Volatile.Read(ref _current)?.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "The client was closed."));
        Move(ConnectionTrigger.CloseRequested);
    }

    private void OnAttemptFailed(RabbitEndpoint endpoint, ConnectionException error)
        => Move(FailureClassifier.IsRefusal(error.Reason) ? ConnectionTrigger.AttemptRefused : ConnectionTrigger.AttemptFailed, status => status with
        {
            Endpoint = endpoint.ToString(),
            LastFailure = error.Reason,
        });

    private void OnAttemptStarting()
    {
        if (_status.State == ConnectionState.Faulted)
        {
            Move(ConnectionTrigger.RetryDue);
        }
    }

    private void OnOpened(ConnectionEpoch epoch)
    {
        epoch.BlockedChanged += changed => _blockedChanges.Writer.TryWrite(changed);
        Volatile.Write(ref _current, epoch);
        bool again = _status.State == ConnectionState.Reconnecting || _status.Losses > 0;
        Move(ConnectionTrigger.Opened, status => status with
        {
            Endpoint = epoch.Endpoint.ToString(),
            NodeName = epoch.NodeName,
            ClusterName = epoch.ClusterName,
            BlockedReason = epoch.BlockedReason,
        });
        if (_closing.IsCancellationRequested)
        {
            epoch.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "The client was closed."));
        }

        _logger.Connected(Name, epoch.Endpoint.ToString(), epoch.ClusterName, again);
        Volatile.Read(ref _opened).TrySetResult(epoch);
        Opened?.Invoke(epoch);
        SessionChanged?.Invoke();
    }

    private async Task<ConnectionLoss> WatchAsync(ConnectionEpoch epoch)
    {
        while (true)
        {
            _blockedChange ??= _blockedChanges.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            if (await Task.WhenAny(epoch.Lost, _blockedChange).ConfigureAwait(false) == epoch.Lost)
            {
                return await epoch.Lost.ConfigureAwait(false);
            }

            _blockedChange = null;
            while (_blockedChanges.Reader.TryRead(out ConnectionEpoch? changed))
            {
                if (changed == epoch)
                {
                    ShowBlocked(epoch.BlockedReason);
                }
            }
        }
    }

    private void ShowBlocked(string? reason)
    {
        if (reason is null)
        {
            _logger.ConnectionUnblocked(Name);
        }
        else
        {
            _logger.ConnectionBlocked(Name, reason);
        }

        Publish(_status with { BlockedReason = reason });
        SessionChanged?.Invoke();
    }

    private void OnLost(ConnectionEpoch epoch, ConnectionLoss loss)
    {
        Volatile.Write(ref _opened, NewSource());
        Volatile.Write(ref _current, null);
        if (!_closing.IsCancellationRequested)
        {
            _attempts.NoteLoss(epoch.Endpoint, new ConnectionException(loss.Reason, epoch.Endpoint.ToString(), $"The connection to {epoch.Endpoint} was lost: {loss.Reason} ({loss.ReplyCode} {loss.Text}).", loss.Cause));
            _logger.ConnectionLost(Name, epoch.Endpoint.ToString(), loss.Reason, loss.ReplyCode, loss.Text);
            Move(ConnectionTrigger.Lost, status => status with { BlockedReason = null, LastFailure = loss.Reason, Losses = status.Losses + 1 });
        }

        SessionChanged?.Invoke();
    }

    /// <summary>A session that opens and dies at once, again and again, must not be a loop without a pause.</summary>
    private async Task RestAfterShortLifeAsync(TimeSpan life)
    {
        _shortLives = life < ShortLife ? _shortLives + 1 : 0;
        if (_shortLives < 2)
        {
            return;
        }

        double factor = Math.Pow(2, Math.Min(_shortLives - 2, 20)) * (0.5 + Random.Shared.NextDouble());
        TimeSpan rest = TimeSpan.FromTicks((long)Math.Min(_settings.ReconnectDelay.Ticks * factor, _settings.ReconnectMaxDelay.Ticks));
        await Task.Delay(rest, _time, _closing.Token).ConfigureAwait(false);
    }

    private void Move(ConnectionTrigger trigger, Func<ConnectionStatus, ConnectionStatus>? change = null)
    {
        ConnectionStatus previous = _status;
        if (ConnectionStateMachine.Next(previous.State, trigger) is not { } next)
        {
            _logger.IllegalTransition(Name, previous.State, trigger.ToString());
            return;
        }

        ConnectionStatus moved = previous with { State = next };
        Publish(change is null ? moved : change(moved));
    }

    private void Publish(ConnectionStatus status)
    {
        ConnectionStatus previous = _status;
        if (previous == status)
        {
            return;
        }

        Volatile.Write(ref _status, status);
        StatusChanged?.Invoke(previous, status);
    }
}
