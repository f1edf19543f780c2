using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// The attempts of one connection: where to, under which deadline, after which pause. The first attempt after a loss is made at once and
/// elsewhere; then Polly's exponential delay with jitter; refusals that time does not heal go at the slowest pace.
/// </summary>
/// <remarks>Used by its supervisor's loop only, one attempt at a time.</remarks>
internal sealed class ConnectAttempts
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly string _role;
    private readonly string _name;
    private readonly ClientSettings _settings;
    private readonly EndpointSelector _selector;
    private readonly DriverConnectionFactory _factory;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly int _lanes;
    private readonly ResiliencePipeline<ConnectionEpoch> _pipeline;
    private readonly Queue<IPAddress> _addresses = new();
    private readonly FailedAddresses _failedAddresses = new();
    private readonly FailedEndpoints _failedEndpoints = new();
    private readonly Lock _restGate = new();
    private CancellationTokenSource? _wake;
    private CancellationTokenSource? _rest;
    private Task _waking = Task.CompletedTask;
    private bool _isReloaded;
    private readonly ConnectPauses _pauses;
    private RabbitEndpoint? _endpoint;
    private long _failures;
    private long _lastLog;
    private ConnectTrace? _trace;

    public ConnectAttempts(
        string role, string name, ClientSettings settings, EndpointSelector selector, DriverConnectionFactory factory, ILogger logger, TimeProvider time)
    {
        _role = role;
        _name = name;
        _settings = settings;
        _selector = selector;
        _factory = factory;
        _logger = logger;
        _time = time;
        _lanes = role.StartsWith("publish", StringComparison.Ordinal) ? (settings.Publisher.Lanes + settings.Publisher.Connections - 1) / settings.Publisher.Connections : 0;
        _pauses = new ConnectPauses(settings, selector, time);
        _pipeline = BuildPipeline();
    }

    /// <summary>Raised before each attempt.</summary>
    public event Action? Starting;

    /// <summary>Raised after each failed attempt, with the pause that follows.</summary>
    public event Action<RabbitEndpoint, ConnectionException, TimeSpan>? Failed;

    /// <summary>Why there is no connection at the moment, as far as known; null while there is one.</summary>
    public ConnectionException? LastError { get; private set; }

    /// <summary>Attempts until a session is usable.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ConnectionEpoch> ConnectAsync(CancellationToken closing)
    {
        using ConnectTrace trace = _trace = new ConnectTrace(_name, isAgain: LastError is not null);
        ConnectionEpoch epoch = await AttemptUntilConnectedAsync(closing).ConfigureAwait(false);
        trace.Opened(epoch.Endpoint.Host, epoch.Endpoint.Port);
        return epoch;
    }

    /// <summary>Notes that a session is in use, however it was found: what was noted of losses and failures is over.</summary>
    public void NoteOpened(RabbitEndpoint endpoint)
    {
        _addresses.Clear();
        _failedEndpoints.Clear();
        _failures = 0;
        _pauses.Reset();
        LastError = null;
        _selector.Succeeded(endpoint);
    }

    /// <summary>Ends the pause between two attempts, if there is one: another connection of this client has just been opened, so a broker is back. Any thread.</summary>
    public void WakeUp()
    {
        lock (_restGate)
        {
            CancelRest();
        }
    }

    /// <summary>When settings are different, ends the pause between two attempts, or the one that an attempt under way would be followed by: what has failed says nothing of the settings that are in force now. Any thread.</summary>
    public void SettingsLoaded(bool isDifferent)
    {
        lock (_restGate)
        {
            if (!isDifferent)
            {
                return;
            }

            _isReloaded = true;
            CancelRest();
        }
    }

    /// <summary>Notes that a session was lost: the next attempt goes elsewhere.</summary>
    public void NoteLoss(RabbitEndpoint endpoint, IPAddress address, ConnectionException error)
    {
        _failedAddresses.Failed(address);
        _pauses.NoteLoss();
        _failedEndpoints.Failed(endpoint);
        _selector.Failed(endpoint, error.Reason);
        LastError = error;
    }

    /// <summary>Makes one attempt for each address of an endpoint while the connection lives elsewhere. Null when none succeeded: the next one is the caller's matter.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ConnectionEpoch?> TryAsync(RabbitEndpoint endpoint, CancellationToken closing)
    {
        try
        {
            ConnectionEpoch epoch = await _factory.OpenAnyAsync(endpoint, _name, _selector, closing, publishes: _lanes > 0).ConfigureAwait(false);
            _selector.Succeeded(endpoint);
            return epoch;
        }
        catch (Exception exception) when (!closing.IsCancellationRequested)
        {
            ConnectionException error = ConnectFailures.Explain(endpoint.ToString(), exception);
            _selector.Failed(endpoint, error.Reason);
            _logger.PlannedMoveFailed(_name, endpoint.ToString(), error.Reason);
            return null;
        }
    }

    /// <summary>How a second session is found for one whose address may have moved.</summary>
    public MovedAddress Beside(ConnectionEpoch epoch) => new(_name, epoch, _lanes, _settings, _selector, _factory, _logger, _time);

    private async Task<ConnectionEpoch> AttemptUntilConnectedAsync(CancellationToken closing)
    {
        while (true)
        {
            using var wake = CancellationTokenSource.CreateLinkedTokenSource(closing);
            _wake = wake;
            try
            {
                return await _pipeline.ExecuteAsync(static (self, token) => self.AttemptAsync(token), this, wake.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (wake.IsCancellationRequested)
            {
                // An attempt that is cut off by its token may end with whatever the driver makes of a closed socket.
                if (closing.IsCancellationRequested)
                {
                    throw exception as OperationCanceledException ?? new OperationCanceledException("The client was closed.", exception, closing);
                }

                // Woken: the next attempt is made at once, and the pauses begin small again.
            }
            finally
            {
                await EndRest().ConfigureAwait(false);
            }
        }
    }

    private void BeginRest()
    {
        lock (_restGate)
        {
            _rest = _wake;
            if (_isReloaded)
            {
                CancelRest();
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void CancelRest()
    {
        _waking = _rest?.CancelAsync() ?? _waking;
        _rest = null;
    }

    /// <summary>An attempt begins, with the settings of now, or there is no need of one. From here on nobody wakes; the task is the waking that may still be going on.</summary>
    private Task EndRest()
    {
        lock (_restGate)
        {
            _rest = null;
            _isReloaded = false;
            return _waking;
        }
    }

    private ResiliencePipeline<ConnectionEpoch> BuildPipeline()
        => new ResiliencePipelineBuilder<ConnectionEpoch> { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions<ConnectionEpoch>
            {
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Exception is not null && !args.Context.CancellationToken.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromTicks(Math.Min(_settings.ReconnectDelay.Ticks, ConnectPauses.LongestOfPolly.Ticks)),
                MaxDelay = TimeSpan.FromTicks(Math.Min(_settings.ReconnectMaxDelay.Ticks, ConnectPauses.LongestOfPolly.Ticks)),
                DelayGenerator = args => ValueTask.FromResult(PauseAfter(args.Outcome.Exception!, args.AttemptNumber)),
                OnRetry = args =>
                {
                    OnFailed(args.Outcome.Exception!, args.RetryDelay);
                    return default;
                },
            })
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = _ => ValueTask.FromResult(_settings.ConnectTimeout) })
            .Build();

    private async ValueTask<ConnectionEpoch> AttemptAsync(CancellationToken deadline)
    {
        _ = EndRest();
        Starting?.Invoke();
        if (_addresses.Count == 0 || !_selector.Knows(_endpoint!.Value))
        {
            await ChooseAsync(deadline).ConfigureAwait(false);
        }

        RabbitEndpoint endpoint = _endpoint!.Value;
        IPAddress address = _addresses.Dequeue();
        _logger.Connecting(_name, endpoint.ToString());
        _failedAddresses.Failed(address);
        ConnectionEpoch epoch = await _factory.OpenAsync(endpoint, address, _name, _selector, deadline, _lanes).ConfigureAwait(false);
        _failedAddresses.Succeeded(address);
        return epoch;
    }

    /// <summary>Chooses an endpoint and finds its addresses; again when it was removed while its name was being resolved, for what comes next is sent to it with the new credentials.</summary>
    private async ValueTask ChooseAsync(CancellationToken deadline)
    {
        do
        {
            _addresses.Clear();
            _endpoint = _selector.Next(_role, _failedEndpoints);
            foreach (IPAddress resolved in _failedAddresses.Order(await _factory.Addresses.FindAsync(_endpoint.Value, deadline).ConfigureAwait(false)).Take(HostAddresses.MostInRound))
            {
                _addresses.Enqueue(resolved);
            }
        }
        while (!_selector.Knows(_endpoint.Value));
    }

    private TimeSpan? PauseAfter(Exception exception, int attempt)
    {
        if (FailureClassifier.Classify(exception) == ConnectionFailureReason.TimedOut && _selector.HasBeside(_endpoint!.Value))
        {
            // Its other addresses may be as silent, a whole time limit each. In its next round the one that was not tried comes first.
            _addresses.Clear();
        }

        return _pauses.After(exception, attempt, _endpoint, hasOtherAddress: _addresses.Count > 0);
    }

    private void OnFailed(Exception exception, TimeSpan delay)
    {
        RabbitEndpoint endpoint = _endpoint!.Value;
        ConnectionException error = ConnectFailures.Explain(endpoint.ToString(), exception);
        LastError = error;
        _trace?.AttemptFailed(endpoint.ToString(), error.Reason);
        if (_addresses.Count == 0)
        {
            _selector.Failed(endpoint, error.Reason);
            _failedEndpoints.Failed(endpoint);
        }

        Failed?.Invoke(endpoint, error, delay);
        Log(endpoint, error, delay);
        BeginRest();
    }

    private void Log(RabbitEndpoint endpoint, ConnectionException error, TimeSpan delay)
    {
        long now = _time.GetTimestamp();
        if (++_failures > 1 && _time.GetElapsedTime(_lastLog, now) < LogInterval)
        {
            return;
        }

        _lastLog = now;
        if (FailureClassifier.IsRefusal(error.Reason))
        {
            _logger.ConnectionFaulted(_name, endpoint.ToString(), error.Reason, delay, FailureClassifier.ReplyOf(error).Text);
        }
        else
        {
            _logger.ConnectAttemptFailed(_name, endpoint.ToString(), error.Reason, _failures, delay);
        }
    }
}
