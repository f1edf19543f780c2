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
internal sealed class IdleWatch(ConsumerSettings settings, SubscriptionCounters counters, Func<QueueSpec?> findQueue, ILogger logger)
{
    private const string SingleActiveConsumer = "x-single-active-consumer";

    /// <summary>So many new subscriptions in vain, with other consumers on the queue, and ours is taken for a stand-by.</summary>
    private const int MostFruitless = 2;

    private static readonly TimeSpan CalmInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SuspiciousInterval = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause after resubscriptions that brought nothing.</summary>
    private static readonly TimeSpan FruitlessInterval = TimeSpan.FromMinutes(5);

    private long _receivedBefore;
    private int _suspicions;
    private int _fruitless;
    private bool _isStandby;

    /// <summary>When to look again.</summary>
    public TimeSpan Interval
    {
        get
        {
            if (_suspicions > 0)
            {
                return SuspiciousInterval;
            }

            TimeSpan interval = CalmInterval * Math.Pow(2, Math.Min(_isStandby ? 0 : _fruitless, 10));
            return interval < FruitlessInterval ? interval : FruitlessInterval;
        }
    }

    /// <summary>Begins anew with another channel.</summary>
    public void Restart() => _suspicions = 0;

    /// <summary>Looks once.</summary>
    /// <param name="consumerTag">For the log.</param>
    /// <param name="inspect">Asks the broker what it thinks of the queue.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    /// <returns>Why the consumer is to be replaced; null while there is no reason.</returns>
    public async Task<string?> CheckAsync(string consumerTag, Func<CancellationToken, Task<QueueDeclareOk>> inspect, CancellationToken cancellationToken)
    {
        long received = counters.Received;
        if (received != _receivedBefore)
        {
            _receivedBefore = received;
            _suspicions = 0;
            _fruitless = 0;
            _isStandby = false;
            return null;
        }

        if (counters.Unsettled >= settings.Prefetch)
        {
            _suspicions = 0;
            return null;
        }

        (string? suspicion, bool mayStandBy) = await SuspectAsync(inspect, cancellationToken).ConfigureAwait(false);
        if (suspicion is null || counters.Received != received)
        {
            _suspicions = 0;
            return null;
        }

        if (mayStandBy && (_fruitless >= MostFruitless || IsDeclaredSingleActive))
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

    private bool IsDeclaredSingleActive => findQueue() is { } spec && spec.Arguments.TryGetValue(SingleActiveConsumer, out object? value) && value is true;

    private void StandBy(string consumerTag)
    {
        _suspicions = 0;
        if (!_isStandby)
        {
            _isStandby = true;
            logger.StandbyAssumed(settings.Queue, consumerTag);
        }
    }

    private async Task<(string? Suspicion, bool MayStandBy)> SuspectAsync(Func<CancellationToken, Task<QueueDeclareOk>> inspect, CancellationToken cancellationToken)
    {
        try
        {
            QueueDeclareOk queue = await inspect(cancellationToken).ConfigureAwait(false);
            return (queue.MessageCount, queue.ConsumerCount) switch
            {
                (_, 0) => ("the broker knows no consumer of the queue", false),
                ( > 0, var consumers) => ($"{queue.MessageCount} messages are ready and none is delivered", consumers > 1),
                _ => (null, false),
            };
        }
        catch (Exception exception)
        {
            (int code, string text) = FailureClassifier.ReplyOf(exception);
            logger.IdleCheckFailed(settings.Queue, exception.Message);
            return (code == 404 ? text : null, false);
        }
    }
}
