using System.Globalization;

namespace ResilientRabbit.Publishing;

/// <summary>Finds the message because of which the broker closed a channel.</summary>
internal static class Isolation
{
    /// <summary>AMQP 0-9-1 reply code not-found: the exchange does not exist.</summary>
    public const int NotFound = 404;

    /// <summary>The first unanswered message that the reply text points at; the only one if there is but one; null when that cannot be told.</summary>
    public static PendingMessage? FindGuilty(List<(PendingMessage Message, long Version)> unanswered, int replyCode, string replyText)
    {
        if (unanswered.Count == 1)
        {
            return unanswered[0].Message;
        }

        foreach ((PendingMessage message, long version) in unanswered)
        {
            if (message.Version == version && IsMeant(message, replyCode, replyText))
            {
                return message;
            }
        }

        return null;
    }

    // RabbitMQ's words, seen on 3.10: "NOT_FOUND - no exchange 'x' in vhost '/'", "ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'u'",
    // "PRECONDITION_FAILED - message size 5 is larger than configured max size 4", "PRECONDITION_FAILED - user_id property set to 'a' but authenticated user was 'b'".
    private static bool IsMeant(PendingMessage message, int replyCode, string replyText) => replyCode switch
    {
        NotFound or 403 => replyText.Contains($"exchange '{(message.Exchange.Length == 0 ? "amq.default" : message.Exchange)}'", StringComparison.Ordinal),
        406 => replyText.Contains($"message size {message.Body.Length.ToString(CultureInfo.InvariantCulture)} ", StringComparison.Ordinal)
            || (message.UserId is { } user && replyText.Contains($"user_id property set to '{user}'", StringComparison.Ordinal)),
        _ => false,
    };
}
