using System.Globalization;

namespace ResilientRabbit.Publishing;

/// <summary>Turns a settled message into the exception that tells its caller the truth.</summary>
internal static class PublishErrors
{
    public static Exception Create(PendingMessage message, SettleKind kind, LaneContext context, Exception? cause, out PublishFailure failure)
    {
        bool unanswered = message.Attempts > message.Answered;
        failure = kind switch
        {
            SettleKind.Returned => PublishFailure.Unroutable,
            SettleKind.Rejected => PublishFailure.Refused,
            SettleKind.NoRoom => PublishFailure.NotSent,
            _ when message.Attempts == 0 => PublishFailure.NotSent,
            _ when unanswered || kind == SettleKind.Cancelled => PublishFailure.Unknown,

            // Every copy was answered, and no answer was a confirm.
            _ when message.Reply.Code == NoRoute => PublishFailure.Unroutable,
            _ => PublishFailure.Refused,
        };
        if (kind == SettleKind.Cancelled)
        {
            return new PublishCanceledException(failure, message.MessageId, message.CancelledBy);
        }

        bool mayBeStored = unanswered || message.Nacks > 0;
        return new PublishException(
            failure, mayBeStored, message.Exchange, message.RoutingKey, message.MessageId, message.Attempts, Explain(message, kind, failure, context, cause), cause ?? CauseOf(failure, context))
        {
            ReplyCode = message.Reply.Code == 0 ? null : message.Reply.Code,
            ReplyText = message.Reply.Code == 0 ? null : message.Reply.Text,
            IsPermanent = kind == SettleKind.Unsendable,
        };
    }

    /// <summary>RabbitMQ's reply code of basic.return for a mandatory message without a queue.</summary>
    private const int NoRoute = 312;

    private static ConnectionException? CauseOf(PublishFailure failure, LaneContext context)
        => failure is PublishFailure.NotSent or PublishFailure.Unknown ? context.LastError : null;

    private static string Explain(PendingMessage message, SettleKind kind, PublishFailure failure, LaneContext context, Exception? cause)
    {
        string target = string.Create(CultureInfo.InvariantCulture, $"Publishing to exchange '{message.Exchange}' (routing key '{message.RoutingKey}')");
        string reply = message.Reply.Code == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" ({message.Reply.Code} {Diagnostics.PeerText.Sanitize(message.Reply.Text)})");
        return kind switch
        {
            SettleKind.NoRoom => $"{target} was refused locally: the pending limit is reached. Nothing was sent. Publish more slowly, or raise Publisher:MaxPendingMessages and Publisher:MaxPendingBytes.",
            SettleKind.Unsendable => $"{target} failed: the message cannot be encoded ({cause?.Message}). Check its properties and headers.",
            SettleKind.Closed when failure == PublishFailure.NotSent => $"{target} was given up because the client was closed. Nothing was sent.",
            SettleKind.Closed => $"{target} was not confirmed before the client was closed; the message may or may not have been stored.",
            _ => failure switch
            {
                PublishFailure.NotSent => $"{target} was not possible within its delivery timeout: {context.LastError?.Message ?? "no usable connection or no room in the window"} Nothing was sent. Retrying is safe.",
                PublishFailure.Unroutable => $"{target} reached no queue: the broker returned the message{reply}. Check exchange, routing key and bindings.",
                PublishFailure.Refused when message.Reply.Code != 0 => $"{target} was refused by the broker{reply}. Check that the exchange exists, the user's permissions, and the size and properties of the message.",
                PublishFailure.Refused => $"{target} was nacked by the broker until the delivery timeout. Check the queue's length limit and its replicas.",
                _ => $"{target} was not confirmed within its delivery timeout; the message may or may not have been stored. Retry only if the consumer is idempotent.",
            },
        };
    }
}
