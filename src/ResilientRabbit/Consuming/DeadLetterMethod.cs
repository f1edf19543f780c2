namespace ResilientRabbit;

/// <summary>The ways to give up a message.</summary>
public enum DeadLetterMethod
{
    /// <summary>The SDK publishes it with a confirm to the dead-letter queue, with the reason in a header, and acknowledges it then. Nothing can get lost.</summary>
    Publish,

    /// <summary>
    /// The SDK rejects it and leaves the rest to the queue's own dead-letter exchange. Without one the broker drops the message, and with a classic queue the hand-over is without
    /// a confirm. It is also the way of messages above <see cref="ResilientRabbitOptions.MaxInboundMessageSize"/>. No reason is recorded apart from the broker's <c>x-death</c>, and the SDK declares no dead-letter queue.
    /// </summary>
    Reject,
}
