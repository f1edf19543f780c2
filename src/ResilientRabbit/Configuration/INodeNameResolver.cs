namespace ResilientRabbit;

/// <summary>Finds out which node of the cluster a connection has reached: behind a proxy or a virtual IP, AMQP does not tell.</summary>
/// <remarks>
/// Asked once for each new connection, in the background: nothing waits for it. A call that takes longer than
/// <see cref="ResilientRabbitOptions.RequestTimeout"/>, or throws, leaves the name unknown; where lanes follow the leaders of their queues
/// (<see cref="ResilientRabbitOptions.QueueLeaderResolver"/>) it is asked again every 30 seconds then. Implementations are thread-safe.
/// </remarks>
public interface INodeNameResolver
{
    /// <summary>Finds the name of the node behind a connection.</summary>
    /// <param name="connection">What is known of the connection.</param>
    /// <param name="cancellationToken">Cancelled when the time is over or the connection is lost.</param>
    /// <returns>The name of the node, or <see langword="null"/> when it cannot be known. Never a guess.</returns>
    ValueTask<string?> ResolveAsync(NodeNameQuery connection, CancellationToken cancellationToken);
}
