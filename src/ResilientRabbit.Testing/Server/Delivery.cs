using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>A delivery that waits for its ack.</summary>
internal readonly record struct Delivery(ulong Tag, Queue Queue, QueueEntry Entry)
{
    /// <summary>Taken out of the middle; only the tag is left.</summary>
    public bool IsGone => Entry is null;
}
