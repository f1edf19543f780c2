using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Finds a consumer that is open and silently gets nothing: two checks in a row with messages ready and room for them, or without any consumer on the queue.</summary>
internal sealed class IdleWatch(ConsumerSettings settings, SubscriptionCounters counters, TimeSpan requestTimeout, ILogger logger)
{
    private static readonly TimeSpan CalmInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SuspiciousInterval = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause after resubscriptions that brought nothing: a standby consumer of a single-active-consumer queue looks just like a silent one.</summary>
    private static readonly TimeSpan FruitlessInterval = TimeSpan.FromMinutes(5);

    private long _receivedBefore;
    private int _suspicions;
    private int _fruitless;

    /// <summary>When to look again.</summary>
    public TimeSpan Interval
    {
        get
        {
            if (_suspicions > 0)
            {
                return SuspiciousInterval;
            }

            TimeSpan interval = CalmInterval * Math.Pow(2, Math.Min(_fruitless, 10));
            return interval < FruitlessInterval ? interval : FruitlessInterval;
        }
    }

    /// <summary>Begins anew with another channel.</summary>
    public void Restart() => _suspicions = 0;

    /// <summary>Looks once.</summary>
    /// <returns>Why the consumer is to be replaced; null while there is no reason.</returns>
    public async Task<string?> CheckAsync(ConsumerChannel channel, CancellationToken cancellationToken)
    {
        long received = counters.Received;
        if (received != _receivedBefore)
        {
            _receivedBefore = received;
            _suspicions = 0;
            _fruitless = 0;
            return null;
        }

        if (counters.Unsettled >= settings.Prefetch)
        {
            _suspicions = 0;
            return null;
        }

        string? suspicion = await SuspectAsync(channel, cancellationToken).ConfigureAwait(false);
        if (suspicion is null || counters.Received != received)
        {
            _suspicions = 0;
            return null;
        }

        if (++_suspicions < 2)
        {
            return null;
        }

        _suspicions = 0;
        _fruitless++;
        return suspicion;
    }

    private async Task<string?> SuspectAsync(ConsumerChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            QueueDeclareOk queue = await channel.InspectQueueAsync(requestTimeout, cancellationToken).ConfigureAwait(false);
            return (queue.MessageCount, queue.ConsumerCount) switch
            {
                (_, 0) => "the broker knows no consumer of the queue",
                ( > 0, _) => $"{queue.MessageCount} messages are ready and none is delivered",
                _ => null,
            };
        }
        catch (Exception exception)
        {
            (int code, string text) = FailureClassifier.ReplyOf(exception);
            logger.IdleCheckFailed(settings.Queue, exception.Message);
            return code == 404 ? text : null;
        }
    }
}
