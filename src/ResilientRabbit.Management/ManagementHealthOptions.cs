namespace ResilientRabbit.Management;

/// <summary>Says what the health check with the management API looks at.</summary>
public sealed class ManagementHealthOptions
{
    /// <summary>Gets the queues that should have a consumer: without one, or missing, they are a reason.</summary>
    /// <value>Empty by default.</value>
    public IList<string> QueuesWithConsumers { get; } = [];

    /// <summary>Gets or sets a value indicating whether mirrors and members that lack messages or are offline are a reason, for all queues of the virtual host.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool CheckReplicas { get; set; } = true;

    /// <summary>Gets or sets the virtual host.</summary>
    /// <value><see langword="null"/> by default: that of the management options.</value>
    public string? VirtualHost { get; set; }

    /// <summary>Gets or sets how long the check may take.</summary>
    /// <value>5 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(24))
        {
            throw new ArgumentOutOfRangeException(nameof(Timeout), Timeout, $"{nameof(Timeout)} is {Timeout}; it must be above zero and at most 24 days.");
        }
    }
}
