namespace ResilientRabbit.Testing.Model;

/// <summary>A consumer of a queue.</summary>
internal sealed class Consumer(IConsumerChannel channel, Queue queue, string tag)
{
    public IConsumerChannel Channel { get; } = channel;

    public Queue Queue { get; } = queue;

    public string Tag { get; } = tag;

    public bool NoAck { get; init; }

    public bool IsExclusive { get; init; }

    /// <summary>Messages it may hold unacknowledged; 0 for any number.</summary>
    public int Prefetch { get; init; }

    /// <summary>x-priority: higher ones are served first.</summary>
    public int Priority { get; init; }

    /// <summary>x-cancel-on-ha-failover: wants a cancel when a mirror is promoted.</summary>
    public bool CancelOnFailover { get; init; }

    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = QueueArguments.None;

    /// <summary>Messages it holds unacknowledged.</summary>
    public int Unacked { get; set; }

    /// <summary>Waits outside the rotation until it has room.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>Whether it takes another message now.</summary>
    public bool HasRoom => (NoAck || Prefetch == 0 || Unacked < Prefetch) && Channel.HasRoom(this);
}
