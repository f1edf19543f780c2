namespace ResilientRabbit.Testing;

/// <summary>Who sent a frame.</summary>
public enum FrameDirection
{
    /// <summary>The client: what broker or proxy received from it.</summary>
    FromClient,

    /// <summary>The broker: what broker or proxy sent to the client.</summary>
    FromBroker,
}
