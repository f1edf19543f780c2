using RabbitMQ.Client;

namespace ResilientRabbit.Consuming;

/// <summary>What the broker says about a queue.</summary>
/// <param name="Queue">Its answer.</param>
/// <param name="NodeTook">How long the node took for what it does without the queue: the way there and back at least.</param>
internal readonly record struct QueueLook(QueueDeclareOk Queue, TimeSpan NodeTook);
