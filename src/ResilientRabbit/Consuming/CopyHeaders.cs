namespace ResilientRabbit.Consuming;

/// <summary>The headers that the SDK puts on copies for the retry and the dead-letter queue.</summary>
internal static class CopyHeaders
{
    /// <summary>Which attempt the next delivery will be.</summary>
    public const string Attempt = "x-delivery-attempt";

    public const string RetryReason = "x-retry-reason";
    public const string DeadLetterReason = "x-dead-letter-reason";

    /// <summary>Where the message came from before its first copy: the copies themselves travel over the default exchange.</summary>
    public const string OriginalExchange = "x-original-exchange";

    public const string OriginalRoutingKey = "x-original-routing-key";
    public const string OriginalExpiration = "x-original-expiration";
    public const string OriginalUserId = "x-original-user-id";

    /// <summary>The broker's own record of dead-lettering, from which it concludes that a message goes in circles.</summary>
    public const string Deaths = "x-death";

    public const string EarlierDeaths = "x-death-before-retry";

    /// <summary>Makes the broker route copies to further queues.</summary>
    public const string CarbonCopy = "CC";

    public const string OriginalCarbonCopy = "x-original-cc";

    /// <summary>Belongs to the publisher: it writes its own for each message.</summary>
    public const string PublisherPrefix = "x-publish-";
}
