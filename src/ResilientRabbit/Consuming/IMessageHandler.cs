namespace ResilientRabbit;

/// <summary>Handles the messages of a subscription.</summary>
public interface IMessageHandler
{
    /// <summary>Handles one message.</summary>
    /// <param name="message">The message; its body is valid until the returned task completes.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the message's channel is lost (the broker will deliver it again; nothing counts as an attempt), when
    /// <see cref="ConsumerOptions.HandlerTimeout"/> is over, and when a stop has waited for <see cref="ConsumerOptions.StopTimeout"/>.
    /// </param>
    /// <returns>What shall become of the message. An exception stands for <see cref="ConsumerOptions.OnError"/>.</returns>
    /// <remarks>Delivery guarantee: at least once. A message may come again after it was handled, also with <see cref="ReceivedMessage.Redelivered"/> false.</remarks>
    ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken);
}
