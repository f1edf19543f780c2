namespace ResilientRabbit;

/// <summary>What a <see cref="MessageBridge"/> does with a message that the far side will not take: it returned the message as unroutable, refused it, or it cannot be encoded.</summary>
public enum BridgeRefusal
{
    /// <summary>The message is published, confirmed, to the parking queue beside the source queue, with the reason; then it is acknowledged.</summary>
    Park,

    /// <summary>The message rests in a retry queue beside the source queue and comes again, later than its neighbours; it is parked after <see cref="MessageBridgeOptions.RetryLimit"/> attempts.</summary>
    Retry,
}
