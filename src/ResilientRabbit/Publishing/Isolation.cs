using System.Globalization;

namespace ResilientRabbit.Publishing;

/// <summary>Finds the message because of which the broker closed a channel.</summary>
internal static class Isolation
{
    /// <summary>AMQP 0-9-1 reply code not-found: the exchange does not exist.</summary>
    public const int NotFound = 404;

    /// <summary>AMQP 0-9-1 reply code connection-forced: an operator or the node's stop ends the connection.</summary>
    public const int ConnectionForced = 320;

    private const int AccessRefused = 403;
    private const int PreconditionFailed = 406;
    private const int ContentTooLarge = 311;
    private const int NoConsumers = 313;

    /// <summary>Whether a channel is closed with this code because of what was asked of it: the soft errors of AMQP 0-9-1. With any other the broker has reasons of its own.</summary>
    public static bool IsOfMessage(int replyCode) => replyCode is ContentTooLarge or NoConsumers or (>= AccessRefused and <= PreconditionFailed);

    /// <summary>The first unanswered message that the reply text points at; the only one if there is but one; null when that cannot be told.</summary>
    public static PendingMessage? FindGuilty(List<(PendingMessage Message, long Version)> unanswered, int replyCode, string replyText)
    {
        if (unanswered.Count == 1)
        {
            return unanswered[0].Message;
        }

        foreach ((PendingMessage message, long version) in unanswered)
        {
            if (message.Version == version && OffenceOf(message, replyCode, replyText, out _) is not null)
            {
                return message;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether another of these may be the one that the broker means. Of an exchange that was there a moment ago it may have taken the first, and have refused a later one because it was deleted meanwhile; what never was there took none.
    /// </summary>
    public static bool MayBeAnother(PendingMessage guilty, List<(PendingMessage Message, long Version)> unanswered, int replyCode, ConfirmedExchanges confirmed)
        => replyCode is NotFound or AccessRefused && confirmed.MayContain(guilty.Exchange)
            && unanswered.Exists(other => other.Message != guilty && other.Message.Version == other.Version && string.Equals(other.Message.Exchange, guilty.Exchange, StringComparison.Ordinal));

    // RabbitMQ's words, seen on 3.10: "NOT_FOUND - no exchange 'x' in vhost '/'", "ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'u'",
    // "PRECONDITION_FAILED - message size 5 is larger than configured max size 4", "PRECONDITION_FAILED - user_id property set to 'a' but authenticated user was 'b'".

    /// <summary>What of this message the reply text points at; null when it does not.</summary>
    public static OffenceKind? OffenceOf(PendingMessage message, int replyCode, string replyText, out long sizeLimit)
    {
        sizeLimit = message.Size - 1;
        if (replyCode is NotFound or AccessRefused)
        {
            string exchange = message.Exchange.Length == 0 ? "amq.default" : message.Exchange;
            return replyText.Contains($"exchange '{exchange}'", StringComparison.Ordinal) ? OffenceKind.Exchange : null;
        }

        if (replyCode != PreconditionFailed)
        {
            return null;
        }

        if (message.UserId is { } user && replyText.Contains($"user_id property set to '{user}'", StringComparison.Ordinal))
        {
            return OffenceKind.User;
        }

        if (!replyText.Contains(string.Create(CultureInfo.InvariantCulture, $"message size {message.Size} "), StringComparison.Ordinal))
        {
            return null;
        }

        int limit = replyText.LastIndexOf(' ') + 1;
        if (long.TryParse(replyText.AsSpan(limit), NumberStyles.None, CultureInfo.InvariantCulture, out long known) && known < message.Size)
        {
            sizeLimit = known;
        }

        return OffenceKind.Size;
    }
}
