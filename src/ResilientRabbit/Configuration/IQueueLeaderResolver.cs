namespace ResilientRabbit;

/// <summary>
/// Tells which node leads the queue that messages of a destination go to, so that publish lanes go through the connection to that node where there is one. Asked in the background for destinations
/// that are published to, again after each <see cref="PublisherOptions.LeaderRefreshInterval"/>, never while a message is published.
/// </summary>
/// <remarks>One call at a time for each client, bounded by <see cref="ResilientRabbitOptions.RequestTimeout"/>. What it throws is logged by its type and changes nothing for messages.</remarks>
public interface IQueueLeaderResolver
{
    /// <summary>Looks the leader up.</summary>
    /// <param name="destination">Where messages are published to.</param>
    /// <param name="cancellationToken">Ends the call when the time is over or the client closes.</param>
    /// <returns>The name of the node, as <see cref="ConnectionStatus.NodeName"/> spells it; <see langword="null"/> when there is no such queue, or more than one, or nobody knows.</returns>
    ValueTask<string?> ResolveAsync(QueueLeaderQuery destination, CancellationToken cancellationToken);
}
