using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>
/// Finds a consumer that is open and silently gets nothing: two checks in a row with messages ready and room for them, or without any consumer on the queue.
/// The stand-by of a single active consumer looks the same: it is left alone where the declaration tells, and otherwise once new subscriptions have changed nothing.
/// </summary>
/// <param name="settings">The subscription.</param>
/// <param name="counters">What it received.</param>
/// <param name="findQueue">The declaration of the queue; null when it is not ours.</param>
/// <param name="logger">The log.</param>
/// <param name="time">The clock.</param>
/// <param name="looks">Bounds how many of a client's consumers look at once in quick succession; null for no bound.</param>
internal sealed class IdleWatch(ConsumerSettings settings, SubscriptionCounters counters, Func<QueueSpec?> findQueue, ILogger logger, TimeProvider time, SemaphoreSlim? looks = null)
{
    /// <summary>So many new subscriptions in vain, with other consumers on the queue, and ours is taken for a stand-by.</summary>
    private const int MostFruitless = 2;

    private static readonly TimeSpan CalmInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AlertInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SuspiciousInterval = TimeSpan.FromSeconds(5);

    /// <summary>Between two answers that messages are ready: they may be on their way.</summary>
    private static readonly TimeSpan SecondAlert = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// Between two answers that there is no consumer: a node that promotes a mirror and has not lost ours sets it up again within milliseconds. Without messages there is more time,
    /// and a quorum queue that is electing its leader seems to be like that.
    /// </summary>
    private static readonly TimeSpan SecondMissing = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan SecondEmpty = TimeSpan.FromSeconds(0.75);

    /// <summary>
    /// As long as it answers at all, the broker answers much faster; without its leader a queue does not answer. The look that was sent just before a promotion is not answered
    /// either, and the next one is at once: so each is given up soon.
    /// </summary>
    private static readonly TimeSpan AlertTimeout = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan UnansweredInterval = TimeSpan.FromSeconds(0.25);

    /// <summary>Later, when the outage is a long one.</summary>
    private static readonly TimeSpan LateTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CalmTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A silence after so many messages between two looks is looked into at once.</summary>
    private const int ManyMessages = 10;

    /// <summary>So many looks at once that fail, and the pace is the usual one again: some 20 seconds quickly, and 70 more at a slower pace. Brokers notice a frozen node after up to 75.</summary>
    private const int MostAlerts = 62;

    /// <summary>The slower pace, when so many are left.</summary>
    private const int LateAlerts = 35;

    /// <summary>So many times a stream that ended while handlers work is looked at a second later, when they may be done. Nothing is asked of the broker meanwhile.</summary>
    private const int MostBusy = 5;

    /// <summary>The longest pause after resubscriptions that brought nothing.</summary>
    private static readonly TimeSpan FruitlessInterval = TimeSpan.FromMinutes(5);

    /// <summary>The end of a stream that may have been swallowed is seen within twice this.</summary>
    private static readonly TimeSpan StreamInterval = TimeSpan.FromSeconds(0.7);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(0.1);

    private readonly IdleRefresh _refresh = new(settings, findQueue, time);
    private readonly AnswerDoubt _doubt = new();
    private long _receivedBefore;
    private int _suspicions;
    private int _fruitless;
    private int _alerts;
    private int _busy;
    private bool _isUnanswered;
    private TimeSpan? _second;
    private bool _isStandby;

    /// <summary>When to look again.</summary>
    public TimeSpan Interval
    {
        get
        {
            if (_suspicions > 0 && _second is { } second)
            {
                return second;
            }

            if (_alerts > 0)
            {
                return _suspicions > 0 ? SecondAlert : _refresh.WatchesStreams && _alerts == MostAlerts ? StreamInterval : _isUnanswered && _alerts > LateAlerts ? UnansweredInterval : AlertInterval;
            }

            if (_suspicions > 0)
            {
                return SuspiciousInterval;
            }

            TimeSpan interval = CalmInterval * Math.Pow(2, Math.Min(_isStandby ? 0 : _fruitless, 10));
            interval = Shorter(Shorter(interval, FruitlessInterval), _refresh.After ?? interval);
            return _isStandby || _refresh.Pause is not { } pause ? interval : Shorter(interval, pause > ShortestPause ? pause : ShortestPause);
        }
    }

    /// <summary>Whether the consumer is to be replaced although nothing seems wrong.</summary>
    public bool IsRefreshDue => !_isStandby && counters.Unsettled == 0 && counters.Received == _receivedBefore && _refresh.IsDue;

    /// <summary>Begins anew with another channel.</summary>
    /// <param name="brokerVersion">What the broker calls its version.</param>
    public void Restart(string? brokerVersion)
    {
        _suspicions = 0;
        _alerts = 0;
        _busy = 0;
        (_isUnanswered, _second) = (false, null);
        _doubt.Restart();
        _refresh.Restart(brokerVersion);
    }

    /// <summary>Notes that the consumer is replaced for its silence.</summary>
    internal void NoteRefresh() => _refresh.NoteRefresh();

    /// <summary>Watches a channel until it ends or is to be replaced.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="requestTimeout">How long a question to the broker may take.</param>
    /// <param name="interrupt">Ends the watching.</param>
    public async Task<ConsumerEnd> WaitForEndAsync(IWatchedChannel channel, TimeSpan requestTimeout, CancellationToken interrupt)
    {
        Restart(channel.BrokerVersion);
        while (true)
        {
            using (var pause = CancellationTokenSource.CreateLinkedTokenSource(interrupt))
            {
                await Task.WhenAny(channel.Ended, WaitForNextAsync(pause.Token)).ConfigureAwait(false);
                await pause.CancelAsync().ConfigureAwait(false);
            }

            if (channel.Ended.IsCompleted)
            {
                return await channel.Ended.ConfigureAwait(false);
            }

            interrupt.ThrowIfCancellationRequested();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(interrupt, channel.Token);
            if (await CheckAsync(channel.ConsumerTag, token => channel.InspectQueueAsync(LimitOf(requestTimeout), token), either.Token, channel.Gathered, channel.HasWaiting).ConfigureAwait(false) is { } reason)
            {
                return new ConsumerEnd(ConsumerEndReason.Silent, reason);
            }

            if (IsRefreshDue && !channel.Ended.IsCompleted)
            {
                NoteRefresh();
                return new ConsumerEnd(ConsumerEndReason.Refreshed, "Set up anew after a silence.");
            }
        }
    }

    /// <summary>Until the next look is due; or a stream has begun, whose end is to be seen.</summary>
    internal Task WaitForNextAsync(CancellationToken cancellationToken)
    {
        Task pause = Task.Delay(Interval, time, cancellationToken);
        return _alerts > 0 || _suspicions > 0 ? pause : Task.WhenAny(pause, counters.WhenReceivedAsync(_receivedBefore + ManyMessages));
    }

    /// <summary>Looks once.</summary>
    /// <param name="consumerTag">For the log.</param>
    /// <param name="inspect">Asks the broker what it thinks of the queue.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    /// <param name="gathered">How many acknowledgements wait for others (<see cref="ConsumerOptions.AckDelay"/>): to the broker there is no room for them.</param>
    /// <param name="hasWaiting">Whether deliveries wait for room here: that they came is not counted yet, so it may look like a silence.</param>
    /// <returns>Why the consumer is to be replaced; null while there is no reason.</returns>
    public async Task<string?> CheckAsync(string consumerTag, Func<CancellationToken, Task<QueueLook>> inspect, CancellationToken cancellationToken, int gathered = 0, bool hasWaiting = false)
    {
        long received = counters.Received;
        if (received != _receivedBefore)
        {
            // While messages flow, looking costs nothing; so their end is seen early. The last of a stream may be few.
            _alerts = received - _receivedBefore >= ManyMessages || _alerts > 0 ? MostAlerts : 0;
            _busy = 0;
            _isUnanswered = false;
            _receivedBefore = received;
            _refresh.NoteMessages();
            _suspicions = 0;
            _fruitless = 0;
            _isStandby = false;
            return null;
        }

        // What is in work would be delivered twice: that is for a silence of some length.
        bool isBusy = counters.Unsettled > 0;
        if (hasWaiting || counters.Unsettled + gathered >= settings.Prefetch || (_alerts > 0 && isBusy) || _refresh.IsStream)
        {
            _alerts = ++_busy < MostBusy ? _alerts : 0;
            _suspicions = 0;
            _isUnanswered = false;
            return null;
        }

        (string? suspicion, bool mayStandBy, bool hasAnswered) = await SuspectInTurnAsync(inspect, cancellationToken).ConfigureAwait(false);
        if (_alerts > 0 && suspicion is null && hasAnswered)
        {
            _refresh.NoteStreamEnd();
        }

        // A question that the broker leaves unanswered for once is the beginning of an outage, also where nothing was flowing.
        _alerts = suspicion is null && hasAnswered ? 0 : _alerts > 0 ? _alerts - 1 : hasAnswered || _isUnanswered ? 0 : LateAlerts;
        _isUnanswered = !hasAnswered;
        if (suspicion is null || counters.Received != received)
        {
            _suspicions = 0;
            return null;
        }

        if (mayStandBy && (_fruitless >= MostFruitless || _refresh.IsDeclaredSingleActive))
        {
            StandBy(consumerTag);
            return null;
        }

        _isStandby = false;
        if (++_suspicions < 2)
        {
            return null;
        }

        _suspicions = 0;
        _fruitless++;
        return suspicion;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private TimeSpan LimitOf(TimeSpan requestTimeout) => Shorter(_alerts > LateAlerts ? AlertTimeout : _alerts > 0 ? LateTimeout : CalmTimeout, requestTimeout);

    private void StandBy(string consumerTag)
    {
        _suspicions = 0;
        if (!_isStandby)
        {
            _isStandby = true;
            logger.StandbyAssumed(settings.Queue, consumerTag);
        }
    }

    /// <summary>In an outage of many queues the looks of all their consumers are not to be a burden of its own: each leaves a channel at the broker that hangs as long as the queue.</summary>
    private async Task<(string? Suspicion, bool MayStandBy, bool HasAnswered)> SuspectInTurnAsync(Func<CancellationToken, Task<QueueLook>> inspect, CancellationToken cancellationToken)
    {
        if (_alerts == 0 || looks is null)
        {
            return await SuspectAsync(inspect, cancellationToken).ConfigureAwait(false);
        }

        Task turn = looks.WaitAsync(cancellationToken);
        await turn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!turn.IsCompletedSuccessfully)
        {
            return (null, false, false);
        }

        try
        {
            return await SuspectAsync(inspect, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            looks.Release();
        }
    }

    private async Task<(string? Suspicion, bool MayStandBy, bool HasAnswered)> SuspectAsync(Func<CancellationToken, Task<QueueLook>> inspect, CancellationToken cancellationToken)
    {
        try
        {
            _second = null;
            long asked = time.GetTimestamp();
            QueueLook look = await inspect(cancellationToken).ConfigureAwait(false);
            if (_doubt.IsDoubtful(look, time.GetElapsedTime(asked)))
            {
                return (null, false, false);
            }

            QueueDeclareOk queue = look.Queue;
            _second = queue.ConsumerCount > 0 ? null : queue.MessageCount > 0 ? SecondMissing : SecondEmpty;
            return (queue.MessageCount, queue.ConsumerCount) switch
            {
                (_, 0) => ("the broker knows no consumer of the queue", false, true),
                ( > 0, var consumers) => ($"{queue.MessageCount} messages are ready and none is delivered", consumers > 1, true),
                _ => (null, false, true),
            };
        }
        catch (Exception exception)
        {
            (int code, string text) = FailureClassifier.ReplyOf(exception);
            logger.IdleCheckFailed(settings.Queue, PeerText.Sanitize(exception.Message));
            return (code == 404 ? PeerText.Sanitize(text) : null, false, code != 0);
        }
    }
}
