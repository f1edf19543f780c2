namespace ResilientRabbit.Testing.Model;

/// <summary>What a queue needs of the channel that consumes from it.</summary>
internal interface IConsumerChannel
{
    /// <summary>Identity of the connection, for exclusive queues.</summary>
    object Connection { get; }

    /// <summary>Whether the channel takes another message for this consumer now: its own prefetch limit and the room in the socket.</summary>
    bool HasRoom(Consumer consumer);

    /// <summary>Hands the message over; the channel sets holder and tag of the entry when it has to be acknowledged.</summary>
    void Deliver(Consumer consumer, Queue queue, QueueEntry entry);

    /// <summary>The queue is gone, or has moved: the broker cancels the consumer.</summary>
    void ConsumerCancelled(Consumer consumer);
}
