namespace ResilientRabbit.Consuming;

/// <summary>What <see cref="IdleWatch"/> needs of a consumer's channel.</summary>
internal interface IWatchedChannel
{
    /// <summary>Completes with the reason when nothing can be received or settled here any more; <see cref="Token"/> is cancelled right behind it.</summary>
    Task<ConsumerEnd> Ended { get; }

    CancellationToken Token { get; }

    string ConsumerTag { get; }

    string? BrokerVersion { get; }

    /// <summary>How many acknowledgements wait for others: to the broker there is no room for them.</summary>
    int Gathered { get; }

    /// <summary>Whether deliveries wait for room, counted nowhere yet: that many are unsettled is what they wait for.</summary>
    bool HasWaiting { get; }

    /// <summary>Asks the broker what it thinks of the queue.</summary>
    Task<QueueLook> InspectQueueAsync(TimeSpan limit, CancellationToken cancellationToken);
}
