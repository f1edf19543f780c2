using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>Asks a queue for one message, through losses of the connection.</summary>
internal static class MessagePuller
{
    /// <returns>Null when the queue is empty.</returns>
    /// <exception cref="TopologyException">The broker refused: there is no such queue, or no right to it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public static async Task<PulledMessage?> GetAsync(ConsumerSettings settings, SubscriptionServices services, CancellationToken cancellationToken)
    {
        for (int failures = 0; ; failures++)
        {
            await Task.Delay(ResubscribeDelay.Of(failures, 0, Random.Shared.NextDouble()), services.Time, cancellationToken).ConfigureAwait(false);
            ConnectionEpoch epoch = await services.Connection.GetEpochAsync(cancellationToken).ConfigureAwait(false);
            IChannel? channel = null;
            try
            {
                using var token = CancellationTokenSource.CreateLinkedTokenSource(epoch.Dead, cancellationToken);
                channel = await epoch.OpenChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false), token.Token).ConfigureAwait(false);
                channel.ContinuationTimeout = services.RequestTimeout;
                if (await channel.BasicGetAsync(settings.Queue, autoAck: false, token.Token).ConfigureAwait(false) is { } result)
                {
                    return new PulledMessage(new PullChannel(epoch, channel, result, settings, services));
                }

                epoch.Retire(channel);
                return null;
            }
            catch (Exception exception)
            {
                // Also after a time-out: a late answer would be a message that nobody has, until the channel ends.
                if (channel is not null)
                {
                    epoch.Retire(channel);
                }

                cancellationToken.ThrowIfCancellationRequested();
                (int code, string text) = FailureClassifier.ReplyOf(exception);
                if (code is 403 or 404 or 405 or 406)
                {
                    throw new TopologyException(
                        $"queue '{settings.Queue}'", code, text, FormattableString.Invariant($"The broker gave no message of the queue '{settings.Queue}' ({code}): {text}. Check whether it exists, and the user's permissions."), exception);
                }
            }
        }
    }
}
