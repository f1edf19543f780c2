namespace ResilientRabbit.Management;

/// <summary>What a policy applies to.</summary>
public enum PolicyScope
{
    /// <summary>Queues and exchanges.</summary>
    All,

    /// <summary>Queues.</summary>
    Queues,

    /// <summary>Exchanges.</summary>
    Exchanges,
}
