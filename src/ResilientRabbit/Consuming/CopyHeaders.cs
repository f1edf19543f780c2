namespace ResilientRabbit.Consuming;

/// <summary>The headers that the SDK puts on copies for the retry and the dead-letter queue.</summary>
internal static class CopyHeaders
{
    /// <summary>Which attempt the next delivery will be.</summary>
    public const string Attempt = "x-delivery-attempt";

    /// <summary>A quorum queue's count of the deliveries of a message that came back to it.</summary>
    public const string DeliveryCount = "x-delivery-count";

    /// <summary>The same as <see cref="DeliveryCount"/>, with the deliveries that were returned on purpose, from RabbitMQ 4.0 on.</summary>
    public const string AcquiredCount = "x-acquired-count";

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
