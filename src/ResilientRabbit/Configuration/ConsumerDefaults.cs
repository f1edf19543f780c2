namespace ResilientRabbit;

/// <summary>What subscriptions of a client use unless their own options say otherwise.</summary>
/// <remarks>The values are copied when the client is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class ConsumerDefaults
{
    /// <summary>Gets or sets how many messages the broker may deliver to one subscription without their being settled, where <see cref="ConsumerOptions.Prefetch"/> is not set.</summary>
    /// <value>100 by default; 1 to 65,535.</value>
    public int Prefetch { get; set; } = 100;

    /// <summary>Gets or sets a value indicating whether consumers are opened with <c>x-cancel-on-ha-failover</c>: the broker then cancels them when a mirror is promoted, and they subscribe again.</summary>
    /// <value><see langword="false"/> by default. Meaningless from RabbitMQ 4.0 on.</value>
    public bool CancelOnFailover { get; set; }

    /// <summary>Gets or sets the pause before the first attempt to consume again after the broker cancelled a consumer.</summary>
    /// <value>Zero by default: at once. At most one minute.</value>
    public TimeSpan ResubscribeDelay { get; set; }

    /// <summary>Gets or sets the longest random part that is added to <see cref="ResubscribeDelay"/>, so that many consumers do not come back at the same moment.</summary>
    /// <value>Zero by default; at most one minute.</value>
    public TimeSpan ResubscribeSplay { get; set; }

    internal ConsumerDefaults Copy() => (ConsumerDefaults)MemberwiseClone();
}
