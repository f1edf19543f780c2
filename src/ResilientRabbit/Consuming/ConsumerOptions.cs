namespace ResilientRabbit;

/// <summary>Options.</summary>
public sealed class ConsumerOptions
{
    /// <summary>Limit.</summary>
    public int RetryLimit { get; set; }
}
