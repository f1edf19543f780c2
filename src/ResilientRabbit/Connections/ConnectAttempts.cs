using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
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
    private readonly ResiliencePipeline<ConnectionEpoch> _pipeline;
    private readonly Queue<IPAddress> _addresses = new();
    private readonly Lock _restGate = new();
    private CancellationTokenSource? _wake;
    private CancellationTokenSource? _rest;
    private Task _waking = Task.CompletedTask;
    private readonly AdditiveBackOff? _additive;
    private RabbitEndpoint? _endpoint;
    private RabbitEndpoint? _justFailed;
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
        _additive = settings.ReconnectStep is { } step ? new AdditiveBackOff(settings.ReconnectDelay, step, settings.ReconnectMaxDelay) : null;
        _pipeline = BuildPipeline();
    }

    /// <summary>Raised before each attempt.</summary>
    public event Action? Starting;

    /// <summary>Raised after each failed attempt.</summary>
    public event Action<RabbitEndpoint, ConnectionException>? Failed;

    /// <summary>Why there is no connection at the moment, as far as known; null while there is one.</summary>
    public ConnectionException? LastError { get; private set; }

    /// <summary>Attempts until a session is usable.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ConnectionEpoch> ConnectAsync(CancellationToken closing)
    {
        using ConnectTrace trace = _trace = new ConnectTrace(_name, isAgain: LastError is not null);
        ConnectionEpoch epoch = await AttemptUntilConnectedAsync(closing).ConfigureAwait(false);
        trace.Opened(epoch.Endpoint.Host, epoch.Endpoint.Port);
        _addresses.Clear();
        _justFailed = null;
        _failures = 0;
        _additive?.Reset();
        LastError = null;
        _selector.Succeeded(epoch.Endpoint);
        return epoch;
    }

    /// <summary>Ends the pause between two attempts, if there is one: another connection of this client has just been opened, so a broker is back. Any thread.</summary>
    public void WakeUp()
    {
        lock (_restGate)
        {
            _waking = _rest?.CancelAsync() ?? _waking;
            _rest = null;
        }
    }

    /// <summary>Notes that a session was lost: the next attempt goes elsewhere.</summary>
    public void NoteLoss(RabbitEndpoint endpoint, ConnectionException error)
    {
        _justFailed = endpoint;
        _selector.Failed(endpoint);
        LastError = error;
    }

    private static async Task<IPAddress[]> ResolveAsync(RabbitEndpoint endpoint, CancellationToken deadline)
    {
        if (IPAddress.TryParse(endpoint.Host, out IPAddress? literal))
        {
            return [literal];
        }

        IPAddress[] addresses = await Dns.GetHostAddressesAsync(endpoint.Host, deadline).WaitAsync(deadline).ConfigureAwait(false);
        return addresses.Length > 0
            ? addresses
            : throw new ConnectionException(ConnectionFailureReason.NameNotResolved, endpoint.ToString(), $"The name '{endpoint.Host}' has no address. Check the name and the resolver.");
    }

    private static ConnectionException Explain(RabbitEndpoint endpoint, Exception exception)
    {
        if (exception is ConnectionException own)
        {
            return own;
        }

        ConnectionFailureReason reason = FailureClassifier.Classify(exception);
        (int code, string text) = FailureClassifier.ReplyOf(exception);
        string check = reason switch
        {
            ConnectionFailureReason.AuthenticationFailed => "Check user name and password, and that the user may log in from this host ('guest' may only from localhost).",
            ConnectionFailureReason.VirtualHostRefused => "Check that the virtual host exists and that the user has permissions in it.",
            ConnectionFailureReason.NameNotResolved => "Check the host name and the resolver.",
            ConnectionFailureReason.TlsFailed => "Check that this port speaks TLS, that its certificate is valid, that it is for this name (Tls:ServerName) and that its authority is trusted (Tls:CaFile).",
            ConnectionFailureReason.TimedOut => "Check that a broker, not only a proxy or a firewall, answers at this address.",
            ConnectionFailureReason.Dropped => "Check that a broker answers at this address, and that it expects what we speak: TLS on a plain port, or the other way round, ends like this.",
            _ => "Check that the broker runs and that the address is reachable.",
        };
        string reply = code == 0 ? string.Empty : $" ({code} {PeerText.Sanitize(text)})";
        return new ConnectionException(reason, endpoint.ToString(), $"Connecting to {endpoint} failed: {reason}{reply}. {check}", exception);
    }

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
            catch (OperationCanceledException) when (!closing.IsCancellationRequested)
            {
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
        }
    }

    /// <summary>From here on nobody wakes; the task is the waking that may still be going on.</summary>
    private Task EndRest()
    {
        lock (_restGate)
        {
            _rest = null;
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
                Delay = _settings.ReconnectDelay,
                MaxDelay = _settings.ReconnectMaxDelay,
                DelayGenerator = args => ValueTask.FromResult(DelayFor(args.Outcome.Exception!)),
                OnRetry = args =>
                {
                    OnFailed(args.Outcome.Exception!, args.RetryDelay);
                    return default;
                },
            })
            .AddTimeout(_settings.ConnectTimeout)
            .Build();

    private TimeSpan? DelayFor(Exception exception)
    {
        if (FailureClassifier.IsRefusal(FailureClassifier.Classify(exception)))
        {
            return _settings.ReconnectMaxDelay;
        }

        // Another address of the same name is a different door, not a repetition. Null: Polly's exponential delay with jitter.
        return _addresses.Count > 0 ? TimeSpan.Zero : _additive?.Next(_selector.Count, Random.Shared.NextDouble());
    }

    private async ValueTask<ConnectionEpoch> AttemptAsync(CancellationToken deadline)
    {
        _ = EndRest();
        Starting?.Invoke();
        if (_addresses.Count == 0)
        {
            _endpoint = _selector.Next(_role, _justFailed);
            foreach (IPAddress resolved in await ResolveAsync(_endpoint.Value, deadline).ConfigureAwait(false))
            {
                _addresses.Enqueue(resolved);
            }
        }

        RabbitEndpoint endpoint = _endpoint!.Value;
        IPAddress address = _addresses.Dequeue();
        _logger.Connecting(_name, endpoint.ToString());
        return await _factory.OpenAsync(endpoint, address, _name, deadline).ConfigureAwait(false);
    }

    private void OnFailed(Exception exception, TimeSpan delay)
    {
        RabbitEndpoint endpoint = _endpoint!.Value;
        ConnectionException error = Explain(endpoint, exception);
        LastError = error;
        _trace?.AttemptFailed(endpoint.ToString(), error.Reason);
        if (_addresses.Count == 0)
        {
            _selector.Failed(endpoint);
            _justFailed = endpoint;
        }

        Failed?.Invoke(endpoint, error);
        Log(endpoint, error, delay);
        BeginRest();
    }

    private void Log(RabbitEndpoint endpoint, ConnectionException error, TimeSpan delay)
    {
        _failures++;
        long now = _time.GetTimestamp();
        if (_failures > 1 && _time.GetElapsedTime(_lastLog, now) < LogInterval)
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
