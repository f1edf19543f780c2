using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>A channel in confirm mode with one writer. Tags count from 1 and rise by one with each write that was handed over.</summary>
internal interface IPublishChannel
{
    IPublishSession Session { get; }

    /// <summary>
    /// Hands a message to the driver. When the call returns, completed or not, the driver has copied the body; when the returned task
    /// completes it has accepted the frames. See <see cref="WriteFailure"/> for what its exceptions mean.
    /// </summary>
    ValueTask WriteAsync(string exchange, string routingKey, bool mandatory, BasicProperties properties, ReadOnlyMemory<byte> body);

    /// <summary>Closes the channel in the background.</summary>
    void Retire();
}
