using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Asks a queue for one message, through losses of the connection.</summary>
internal static class MessagePuller
{
    /// <returns>Null when the queue is empty.</returns>
    /// <exception cref="TopologyException">The broker refused: there is no such queue, or no right to it.</exception>
    /// <exception cref="MessageFormatException">The body of the next message exceeds the limit, and the message may not be rejected.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public static async Task<PulledMessage?> GetAsync(ConsumerSettings settings, SubscriptionServices services, CancellationToken cancellationToken)
    {
        for (int failures = 0; ; failures++)
        {
            await Task.Delay(ResubscribeDelay.Of(failures, 0, Random.Shared.NextDouble()), services.Time, cancellationToken).ConfigureAwait(false);
            ConnectionEpoch epoch = await services.Connection.GetEpochAsync(cancellationToken).ConfigureAwait(false);
            IChannel? channel = null;
            PullChannel pulled;
            DateTimeOffset askedAt = services.Time.GetUtcNow();
            try
            {
                using var token = CancellationTokenSource.CreateLinkedTokenSource(epoch.Dead, cancellationToken);
                channel = await epoch.OpenChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false), token.Token).ConfigureAwait(false);
                channel.ContinuationTimeout = services.RequestTimeout;
                var request = new PullRequest(epoch, channel);
                IncomingDelivery? answer = await request.AskAsync(settings.Queue, services.RequestTimeout, services.Time, token.Token).ConfigureAwait(false);
                if (answer is not { } incoming)
                {
                    request.Detach();
                    epoch.Retire(channel);
                    return null;
                }

                pulled = new PullChannel(epoch, channel, request, incoming, settings, services);
            }
            catch (Exception exception)
            {
                // Also after a time-out: a late answer would be a message that nobody has, until the channel ends.
                if (channel is not null)
                {
                    epoch.Retire(channel);
                }

                cancellationToken.ThrowIfCancellationRequested();
                (int code, string words) = FailureClassifier.ReplyOf(exception);
                string text = PeerText.Sanitize(words);
                if (code is 403 or 404 or 405 or 406)
                {
                    throw new TopologyException(
                        $"queue '{settings.Queue}'", code, text, FormattableString.Invariant($"The broker gave no message of the queue '{settings.Queue}' ({code}): {text}. Check whether it exists, and the user's permissions."), exception);
                }

                continue;
            }

            if (await TryHandOverAsync(pulled, settings, services, askedAt).ConfigureAwait(false) is { } message)
            {
                return message;
            }

            // It was put aside, and the next one is asked for at once; what could not be put aside is back, and would come again and again.
            failures = pulled.IsPutAside ? -1 : failures;
        }
    }

    /// <summary>Null when the message is none for the application: what cannot be read is parked, what is too large is rejected where that loses nothing.</summary>
    private static async Task<PulledMessage?> TryHandOverAsync(PullChannel pulled, ConsumerSettings settings, SubscriptionServices services, DateTimeOffset askedAt)
    {
        Delivery delivery = pulled.Delivery;
        if (delivery.TooLarge > 0)
        {
            var rule = new OversizedRule(settings, () => services.Topology.FindQueue(settings.Queue), services.MaxInbound, services.Logger, services.Repeats);
            rule.Tell(delivery);
            if (!rule.MayReject)
            {
                await pulled.GiveUpAsync().ConfigureAwait(false);
                throw rule.ErrorOf(delivery);
            }

            await pulled.RejectAsync().ConfigureAwait(false);
            return null;
        }

        if (!delivery.Message.IsReadable)
        {
            await pulled.SettleAsync(Settlement.DeadLetter, new MessageFormatException(DeliveryWorkers.UnreadableProperties)).ConfigureAwait(false);
            return null;
        }

        PullTelemetry.Note(delivery, settings, services.Telemetry, askedAt);
        return new PulledMessage(pulled);
    }
}
