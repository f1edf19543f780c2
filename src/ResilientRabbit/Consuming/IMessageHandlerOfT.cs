namespace ResilientRabbit;

/// <summary>Handles the messages of a subscription as values of a type.</summary>
/// <typeparam name="T">The type. It is always this one: what a message says about types is not looked at.</typeparam>
public interface IMessageHandler<in T>
{
    /// <summary>Handles one message.</summary>
    /// <param name="value">What the body stands for.</param>
    /// <param name="message">The message; its body is valid until the returned task completes.</param>
    /// <param name="cancellationToken">As for <see cref="IMessageHandler.HandleAsync"/>.</param>
    /// <returns>What shall become of the message. An exception stands for <see cref="ConsumerOptions.OnError"/>.</returns>
    /// <remarks>Delivery guarantee: at least once. A message that cannot be read does not come here: <see cref="ConsumerOptions.OnMalformed"/> applies.</remarks>
    ValueTask<Settlement> HandleAsync(T value, ReceivedMessage message, CancellationToken cancellationToken);
}
