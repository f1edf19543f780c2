namespace ResilientRabbit.Testing;

/// <summary>What a <see cref="TestBrokerPolicy"/> applies to.</summary>
public enum PolicyTarget
{
    /// <summary>Queues and exchanges.</summary>
    All,

    /// <summary>Queues only.</summary>
    Queues,

    /// <summary>Exchanges only.</summary>
    Exchanges,
}
