namespace ResilientRabbit;

/// <summary>Publishes messages and reports exactly one honest outcome for each.</summary>
/// <remarks>
/// Thread-safe. Delivery guarantee: at least once. A call that returns means that the broker has confirmed the message; after a lost connection an
/// unconfirmed message is sent again with the same message-id and the header <c>x-publish-attempt</c>, so duplicates are possible and marked.
/// Messages with the same ordering key that are confirmed without ever having been nacked, or returned while their queue was being declared, keep their order (<see cref="PublishReceipt.Nacks"/> is 0).
/// </remarks>
public interface IPublisher
{
    /// <summary>Publishes one message and completes when the broker has confirmed it.</summary>
    /// <param name="exchange">The exchange; empty for the default exchange. At most 255 bytes of UTF-8.</param>
    /// <param name="routingKey">The routing key. At most 255 bytes of UTF-8.</param>
    /// <param name="body">The body; it must not change until the call has completed.</param>
    /// <param name="properties">The properties, copied at the call.</param>
    /// <param name="cancellationToken">Gives the message up: before it is written nothing is left behind, afterwards its fate is unknown.</param>
    /// <returns>The receipt. Await it exactly once.</returns>
    /// <exception cref="PublishException">The message was not confirmed; <see cref="PublishException.Failure"/> says what is known.</exception>
    /// <exception cref="PublishCanceledException">The token was cancelled.</exception>
    /// <exception cref="ArgumentException">A name, a property or a header cannot be sent. Nothing was sent.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    ValueTask<PublishReceipt> PublishAsync(string exchange, string routingKey, ReadOnlyMemory<byte> body, MessageProperties? properties = null, CancellationToken cancellationToken = default);

    /// <summary>Publishes one message and completes when the broker has confirmed it.</summary>
    /// <param name="message">The message; its body must not change until the call has completed.</param>
    /// <param name="cancellationToken">Gives the message up: before it is written nothing is left behind, afterwards its fate is unknown.</param>
    /// <returns>The receipt. Await it exactly once.</returns>
    /// <exception cref="PublishException">The message was not confirmed; <see cref="PublishException.Failure"/> says what is known.</exception>
    /// <exception cref="PublishCanceledException">The token was cancelled.</exception>
    /// <exception cref="ArgumentException">A name, a property or a header cannot be sent. Nothing was sent.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    ValueTask<PublishReceipt> PublishAsync(OutboundMessage message, CancellationToken cancellationToken = default);

    /// <summary>Publishes many messages, pipelined over the lanes, and completes when each has its outcome. The time limit of each runs from this call, also while it waits for room.</summary>
    /// <param name="messages">The messages; bodies must not change until the call has completed.</param>
    /// <param name="cancellationToken">Gives up what is not yet confirmed; the outcomes are still returned.</param>
    /// <returns>One outcome for each message. A failure of one never hides the others and is never thrown.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="messages"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    ValueTask<PublishBatchResult> PublishBatchAsync(IReadOnlyList<OutboundMessage> messages, CancellationToken cancellationToken = default);

    /// <summary>Completes when every message that was accepted before the call has its outcome.</summary>
    /// <param name="cancellationToken">Ends the waiting; the messages are not touched.</param>
    /// <returns>The counts of all outcomes since the client was built.</returns>
    Task<PublishCounts> FlushAsync(CancellationToken cancellationToken = default);
}
