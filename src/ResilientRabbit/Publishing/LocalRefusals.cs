namespace ResilientRabbit.Publishing;

/// <summary>Refuses messages before they have a lane, and counts them.</summary>
internal sealed class LocalRefusals(LaneContext context)
{
    /// <summary>The outcome of a batch's message that was still to come when the client was closed.</summary>
    public PublishException ClosedBefore(in OutboundMessage message)
    {
        Count(message);
        return new PublishException(
            PublishFailure.NotSent, false, message.Exchange, message.RoutingKey, message.Properties?.MessageId ?? string.Empty, 0,
            $"Publishing to exchange '{message.Exchange}' (routing key '{message.RoutingKey}') was given up because the client was closed. Nothing was sent.");
    }

    /// <summary>What is wrong with the message; null when it may go on.</summary>
    public Exception? Check(in OutboundMessage message, PendingMessage candidate, CancellationToken cancellationToken)
    {
        if (message.Body.Length > context.Settings.MaxMessageSize && !message.IsCopy)
        {
            Count(message);
            return new PublishException(
                PublishFailure.NotSent, false, message.Exchange, message.RoutingKey, candidate.MessageId, 0,
                $"Publishing to exchange '{message.Exchange}' was refused locally: the body has {message.Body.Length} bytes, Publisher:MaxMessageSize is {context.Settings.MaxMessageSize}. Nothing was sent.")
            {
                IsPermanent = true,
            };
        }

        if (cancellationToken.IsCancellationRequested)
        {
            Count(message);
            return new PublishCanceledException(PublishFailure.NotSent, candidate.MessageId, cancellationToken);
        }

        return null;
    }

    private void Count(in OutboundMessage message)
    {
        context.Ledger.CountRefusedLocally();
        context.Meter.RefusedLocally(message.Exchange, PublishFailure.NotSent);
    }
}
