namespace ResilientRabbit;

/// <summary>What a <see cref="MessageBridge"/> does with a message that came back to it, or that has passed too many bridges.</summary>
public enum BridgeLoop
{
    /// <summary>The message is acknowledged and counted: the far side has confirmed a copy of it before.</summary>
    Drop,

    /// <summary>The message is published, confirmed, to the parking queue beside the source queue.</summary>
    Park,
}
