using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Carries out what a handler decided, and finishes the delivery. Never throws.</summary>
internal sealed class SettlementExecutor(IPublisher publisher, ConsumerSettings settings, SubscriptionCounters counters, ILogger logger, TimeProvider time)
{
    /// <summary>Before a message goes back because its copy could not be published: the broker would deliver it again at once.</summary>
    private static readonly TimeSpan RequeueDelay = TimeSpan.FromSeconds(1);

    /// <summary>Bounds the log: a flood of bad messages must be no flood of lines.</summary>
    public RepeatLimit Repeats { get; init; } = new(time);

    /// <summary>What becomes of messages whose body was not kept; needed where there can be any.</summary>
    public OversizedRule? Oversized { get; init; }

    /// <summary>Settles a delivery whose body exceeds the limit and was not kept.</summary>
    public async ValueTask SettleOversizedAsync(Delivery delivery)
    {
        Oversized!.Tell(delivery);
        if (!Oversized.MayReject)
        {
            // Counted as unsettled until the channel ends, as it is: it takes a place of the prefetch.
            delivery.Release();
            counters.AddHeld(1);
            _ = delivery.Origin.Token.UnsafeRegister(
                static state =>
                {
                    (SettlementExecutor self, Delivery held) = ((SettlementExecutor, Delivery))state!;
                    self.Uncount(held);
                    self.ReleaseHeld();
                },
                (this, delivery));
            delivery.Origin.Finish();
            return;
        }

        Uncount(delivery);
        try
        {
            if (await delivery.Origin.Acks.RejectAsync(delivery).ConfigureAwait(false))
            {
                counters.AddDeadLettered();
            }
        }
        finally
        {
            Finish(delivery);
        }
    }

    /// <summary>Settles one delivery. A copy is published in the background: the worker goes on, the prefetch bounds how many there can be.</summary>
    public async ValueTask SettleAsync(Delivery delivery, Settlement settlement, Exception? error)
    {
        string? reason = settlement is Settlement.Ack or Settlement.Requeue ? null : CopyBuilder.Reason(settlement, error);
        if (settlement == Settlement.Retry && delivery.Message.Attempt >= settings.RetryLimit)
        {
            settlement = Settlement.DeadLetter;
            reason = FormattableString.Invariant($"Attempt {delivery.Message.Attempt} of {settings.RetryLimit}. {reason}");
        }

        bool isRejected = settlement == Settlement.DeadLetter && settings.DeadLetterBy == DeadLetterMethod.Reject;
        if (delivery.Pack is not null && (isRejected || settlement == Settlement.Requeue))
        {
            // Neither can be done to a part of a delivery: the message goes back alone, where a later run may reject it.
            (settlement, isRejected) = (Settlement.Requeue, false);
            reason = string.Empty;
        }

        if (reason is not null && !isRejected)
        {
            _ = CopyAndFinishAsync(delivery, settlement, reason);
            return;
        }

        try
        {
            await SettleHereAsync(delivery, settlement, reason).ConfigureAwait(false);
        }
        finally
        {
            Finish(delivery);
        }
    }

    /// <summary>Gives up a delivery without settling it: its channel is gone or going, the broker delivers it again.</summary>
    public void Finish(Delivery delivery)
    {
        delivery.Release();
        Uncount(delivery);
        if (delivery.Pack is { } pack)
        {
            pack.End();
        }
        else
        {
            delivery.Origin.Finish();
        }
    }

    /// <summary>Takes note of a message that is acknowledged without a handler run.</summary>
    public void CountDuplicate(ReceivedMessage message)
    {
        counters.AddDuplicate();
        logger.DuplicateSkipped(message.LogId, settings.Queue);
    }

    /// <summary>Forgets a delivery that no handler has begun.</summary>
    public void Drop(Delivery delivery)
    {
        delivery.Release();
        Uncount(delivery);
        delivery.Pack?.End();
    }

    /// <summary>Before the settlement is sent: the broker delivers the next one at once, and would make one more than the prefetch.</summary>
    private void Uncount(Delivery delivery)
    {
        if (delivery.TryUncount())
        {
            counters.AddFinished();
        }
    }

    private void ReleaseHeld() => counters.AddHeld(-1);

    private async ValueTask SettleHereAsync(Delivery delivery, Settlement settlement, string? reason)
    {
        AckBatcher acks = delivery.Origin.Acks;
        Uncount(delivery);
        switch (settlement)
        {
            case Settlement.Ack:
                bool isAcknowledged = await AckAsync(delivery).ConfigureAwait(false);
                delivery.IsSpent = isAcknowledged && delivery.Pack is null;
                break;
            case Settlement.Requeue:
                await acks.RequeueAsync(delivery).ConfigureAwait(false);
                break;
            default:
                if (await acks.RejectAsync(delivery).ConfigureAwait(false))
                {
                    counters.AddDeadLettered();
                    TellDeadLettered(delivery.Message, "the dead-letter exchange of the queue", reason!);
                }

                break;
        }
    }

    private async Task CopyAndFinishAsync(Delivery delivery, Settlement settlement, string reason)
    {
        try
        {
            await CopyAsync(delivery, settlement, reason).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Unsettled: it is delivered again when the channel ends.
            LogLevel level = Repeats.LevelOf(LogLevel.Error, $"settlement|{settings.Queue}|{exception.GetType()}", out int repeats);
            logger.SettlementFailed(level, exception, delivery.Message.ToString(), repeats);
        }
        finally
        {
            Finish(delivery);
        }
    }

    private async Task CopyAsync(Delivery delivery, Settlement settlement, string reason)
    {
        ReceivedMessage message = delivery.Message;
        string target = settlement switch
        {
            Settlement.Retry => settings.RetryQueueAfter(message.Attempt),
            Settlement.Requeue => settings.Queue,
            _ => settings.DeadLetterQueue,
        };
        if (delivery.Origin.Token.IsCancellationRequested)
        {
            counters.AddStale(1);
            logger.AckSkippedChannelGone(delivery.Tag);
            return;
        }

        if (!await TryPublishAsync(delivery, target, settlement, reason).ConfigureAwait(false))
        {
            return;
        }

        if (settlement == Settlement.Retry)
        {
            counters.AddRetried();
            logger.MessageRetried(message.LogId, target, message.Attempt, PeerText.Sanitize(reason));
        }
        else if (settlement == Settlement.Requeue)
        {
            counters.AddRequeued();
        }
        else
        {
            counters.AddDeadLettered();
            TellDeadLettered(message, target, reason);
        }

        Uncount(delivery);
        await AckAsync(delivery).ConfigureAwait(false);
    }

    private void TellDeadLettered(ReceivedMessage message, string target, string reason)
    {
        // What stands before the colon is the kind of the failure; behind it come the words of each message.
        int kind = reason.IndexOf(':', StringComparison.Ordinal);
        LogLevel level = Repeats.LevelOf(LogLevel.Warning, $"dead|{settings.Queue}|{target}|{(kind < 0 ? reason : reason[..kind])}", out int repeats);
        logger.MessageDeadLettered(level, message.LogId, target, message.Attempt, PeerText.Sanitize(reason), repeats);
    }

    /// <summary>Acknowledges a message: of a pack the last one acknowledges the delivery.</summary>
    private static ValueTask<bool> AckAsync(Delivery delivery)
    {
        AckBatcher acks = delivery.Origin.Acks;
        return delivery.Pack is not { } pack ? acks.AckAsync(delivery) : pack.TrySettle() ? acks.AckAsync(pack) : new ValueTask<bool>(true);
    }

    /// <summary>
    /// Publishes the copy. Where that fails the message goes back to its queue: it is never lost and never acknowledged without its copy. One of a pack cannot go back without
    /// the others: it is tried again as long as the channel lives.
    /// </summary>
    private async Task<bool> TryPublishAsync(Delivery delivery, string target, Settlement settlement, string reason)
    {
        CancellationToken gone = delivery.Origin.Token;
        do
        {
            try
            {
                await PublishAsync(delivery.Message, target, settlement, reason, delivery.HandlerContext, gone).ConfigureAwait(false);
                return true;
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested)
            {
                counters.AddStale(1);
                logger.AckSkippedChannelGone(delivery.Tag);
                return false;
            }
            catch (Exception exception)
            {
                LogLevel level = Repeats.LevelOf(LogLevel.Warning, $"copy|{target}|{exception.GetType()}", out int repeats);
                logger.CopyNotPublished(level, exception, delivery.Message.LogId, target, repeats);
            }

            await Task.Delay(RequeueDelay, time, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (delivery.Pack is not null && !gone.IsCancellationRequested);

        if (delivery.Pack is not null)
        {
            counters.AddStale(1);
            return false;
        }

        Uncount(delivery);
        await delivery.Origin.Acks.RequeueAsync(delivery).ConfigureAwait(false);
        return false;
    }

    private async Task PublishAsync(ReceivedMessage message, string target, Settlement settlement, string reason, System.Diagnostics.ActivityContext handler, CancellationToken cancellationToken)
    {
        Tracing.PublishOnBehalfOf(handler);
        try
        {
            await publisher.PublishAsync(CopyBuilder.Full(message, target, settlement, reason), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ArgumentException or PublishException { IsPermanent: true })
        {
            // Refused by our own checks: its headers, or with ours more of them than a frame of the connection holds.
            LogLevel level = Repeats.LevelOf(LogLevel.Warning, "headers|" + target, out int repeats);
            logger.CopyWithoutHeaders(level, message.LogId, target, PeerText.Sanitize(exception.Message), repeats);
            await publisher.PublishAsync(CopyBuilder.Bare(message, target, settlement, reason), cancellationToken).ConfigureAwait(false);
        }
    }
}
