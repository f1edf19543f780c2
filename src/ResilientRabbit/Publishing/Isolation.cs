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

        // RabbitMQ names the exchange: "NOT_FOUND - no exchange 'x' in vhost '/'", "ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'u'".
        if (replyCode is not (NotFound or 403))
        {
            return null;
        }

        foreach ((PendingMessage message, long version) in unanswered)
        {
            if (message.Version == version && replyText.Contains($"exchange '{message.Exchange}'", StringComparison.Ordinal))
            {
                return message;
            }
        }

        return null;
    }
}
