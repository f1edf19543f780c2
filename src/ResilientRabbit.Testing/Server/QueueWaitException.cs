using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>A method needs a queue that cannot answer now: the channel waits with it, as RabbitMQ's channel process does.</summary>
internal sealed class QueueWaitException(Queue queue) : Exception("The queue has no leader.")
{
    public Queue Queue { get; } = queue;
}
