namespace ResilientRabbit;

/// <summary>The state of a subscription.</summary>
public enum SubscriptionState
{
    /// <summary>Never yet accepted by the broker.</summary>
    Starting,

    /// <summary>The broker delivers.</summary>
    Consuming,

    /// <summary>Lost, and being set up again.</summary>
    Resubscribing,

    /// <summary>Paused by the application.</summary>
    Paused,

    /// <summary>Stopped for good.</summary>
    Stopped,
}
