namespace ResilientRabbit;

/// <summary>The kind of a declared queue.</summary>
public enum QueueType
{
    /// <summary>A classic queue; replicated only where a policy of RabbitMQ 3.x mirrors it.</summary>
    Classic,

    /// <summary>A quorum queue: replicated, durable, confirmed by a majority.</summary>
    Quorum,
}
