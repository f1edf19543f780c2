using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Opens the consumer channels of one subscription, and keeps account of why that failed or ended.</summary>
internal sealed class ConsumerOpener(ConsumerSettings settings, SubscriptionServices services, SubscriptionCounters counters, DeliveryQueue deliveries)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a consumer that is set up anew as planned may be away and still counts as consuming: health must not flicker for it.</summary>
    private static readonly TimeSpan PlannedGap = TimeSpan.FromSeconds(1);

    private long _loggedAt;
    private volatile string? _lastError;
    private bool _wasCancelled;

    public string? LastError => _lastError;

    public int LastReplyCode { get; private set; }

    /// <summary>Whether the last attempt was given up without an answer.</summary>
    public bool IsUnanswered { get; private set; }

    /// <summary>Waits for a session and subscribes on it.</summary>
    /// <param name="attempt">From 1.</param>
    /// <param name="late">For a consumer that is replaced as planned: called when it is away for longer than nobody need know.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Null when that failed: the channel is gone, another attempt needs another one.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    /// <exception cref="ConnectionException">The broker allows too few channels.</exception>
    public async Task<ConsumerChannel?> TryOpenAsync(int attempt, Action? late, CancellationToken cancellationToken)
    {
        Task<ConsumerChannel?> opening = TryOpenAsync(attempt, cancellationToken);
        if (late is not null && await Task.WhenAny(opening, Task.Delay(PlannedGap, services.Time, cancellationToken)).ConfigureAwait(false) != opening)
        {
            late();
        }

        return await opening.ConfigureAwait(false);
    }

    private async Task<ConsumerChannel?> TryOpenAsync(int attempt, CancellationToken cancellationToken)
    {
        ConnectionEpoch epoch = await services.Connection.GetEpochAsync(cancellationToken).ConfigureAwait(false);
        if (epoch.ChannelMax == 1)
        {
            throw new ConnectionException(
                ConnectionFailureReason.ProtocolError, epoch.Endpoint.ToString(), $"{epoch.Endpoint} allows one channel on a connection (channel_max). Consuming needs two: one for the subscription, one for declarations and checks.");
        }

        using var token = CancellationTokenSource.CreateLinkedTokenSource(epoch.Dead, cancellationToken);
        IChannel? channel = null;
        ConsumerChannel? consumer = null;
        bool isInTurn = IsUnanswered;
        if (isInTurn)
        {
            // A queue without its leader leaves a channel hanging at the broker for each attempt: those of one client take turns.
            await services.Outage.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        TimeSpan limit = AnswerLimits.ForNode(attempt, services.RequestTimeout);
        long asked = services.Time.GetTimestamp();
        try
        {
            channel = await epoch.OpenChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false), token.Token).ConfigureAwait(false);
            channel.ContinuationTimeout = limit;
            consumer = new ConsumerChannel(epoch, channel, settings, counters, deliveries, services.Logger, services.Time);
            await consumer.SetPrefetchAsync(token.Token).ConfigureAwait(false);
            limit = AnswerLimits.ForQueue(attempt, services.Time.GetElapsedTime(asked), services.RequestTimeout);
            channel.ContinuationTimeout = limit;
            await consumer.ConsumeAsync(token.Token).ConfigureAwait(false);
            LastReplyCode = 0;
            IsUnanswered = false;
            return consumer;
        }
        catch (Exception exception)
        {
            // Also after a time-out: a late consume-ok would make deliveries that nobody handles.
            consumer?.Retire(new ConsumerEnd(ConsumerEndReason.Retired, "Not opened."));
            if (consumer is null && channel is not null)
            {
                epoch.Retire(channel);
            }

            cancellationToken.ThrowIfCancellationRequested();
            Failed(exception, attempt, limit, epoch.IsDead);
            return null;
        }
        finally
        {
            if (isInTurn)
            {
                services.Outage.Release();
            }
        }
    }

    /// <summary>The pause that is due because the broker cancelled the last consumer; zero the next time.</summary>
    /// <param name="jitter">A random number from 0 to 1.</param>
    public TimeSpan TakeCancelPause(double jitter)
    {
        bool wasCancelled = _wasCancelled;
        _wasCancelled = false;
        return wasCancelled ? settings.CancelPause.Delay + (settings.CancelPause.Splay * jitter) : TimeSpan.Zero;
    }

    /// <summary>Takes note of the end of a consumer that was open.</summary>
    public void Lost(ConsumerChannel channel, ConsumerEnd end)
    {
        LastReplyCode = end.ReplyCode;
        IsUnanswered = false;
        if (end.Reason != ConsumerEndReason.Refreshed)
        {
            _lastError = end.Text;
        }

        counters.NoteLoss(end.Reason);
        switch (end.Reason)
        {
            case ConsumerEndReason.CancelledByBroker:
                _wasCancelled = true;
                services.Logger.ConsumerCancelledByBroker(settings.Queue, channel.ConsumerTag);
                services.Topology.Suspect("", settings.Queue);
                break;
            case ConsumerEndReason.Refreshed:
                services.Logger.ConsumerRefreshed(settings.Queue, channel.ConsumerTag);
                break;
            case ConsumerEndReason.Silent:
                services.Logger.ConsumerSilent(settings.Queue, channel.ConsumerTag, end.Text);
                break;
            default:
                services.Logger.ConsumerLost(settings.Queue, channel.ConsumerTag, end.Text);
                break;
        }
    }

    private void Failed(Exception exception, int attempt, TimeSpan limit, bool isSessionDead)
    {
        (int code, string text) = FailureClassifier.ReplyOf(exception);
        string words = code != 0 ? FormattableString.Invariant($"{code} {text}")
            : isSessionDead ? "The connection was lost."
            : exception is OperationCanceledException ? FormattableString.Invariant($"The broker did not answer within {limit.TotalSeconds:0.###} s.")
            : exception.Message;
        string reason = PeerText.Sanitize(words);
        LastReplyCode = code;
        IsUnanswered = code == 0 && !isSessionDead && exception is OperationCanceledException;
        _lastError = reason;
        if (code == 404)
        {
            // Deleted, or its node is down: declaring it again heals the one and does no harm to the other.
            services.Topology.Suspect("", settings.Queue);
        }

        bool isLoud = attempt <= 1 || services.Time.GetElapsedTime(_loggedAt) >= LogInterval;
        if (isLoud)
        {
            _loggedAt = services.Time.GetTimestamp();
        }

        services.Logger.ConsumeFailed(isLoud ? LogLevel.Warning : LogLevel.Debug, settings.Queue, attempt, reason);
    }
}
