namespace ResilientRabbit;

/// <summary>The client of one cluster and virtual host: publishes, consumes and declares while nodes, proxies and virtual IPs die and come back.</summary>
/// <remarks>Thread-safe. Build one per cluster and virtual host and keep it for the life of the application; it connects at first use.</remarks>
public interface IRabbitClient : IAsyncDisposable, IDisposable
{
    /// <summary>Occurs when the state of the client or of one of its connections has changed: in order, on a thread of the pool, never on the I/O path. Exceptions of handlers are logged and ignored.</summary>
    event EventHandler<ConnectionStatusChange>? StatusChanged;

    /// <summary>Gets the publisher.</summary>
    IPublisher Publisher { get; }

    /// <summary>Gets a snapshot of the client's state. It does not change after it was taken.</summary>
    RabbitClientStatus Status { get; }

    /// <summary>Opens the connections ahead of their first use. Optional.</summary>
    /// <param name="cancellationToken">Ends the waiting; the client goes on connecting.</param>
    /// <returns>A task that completes when one publish connection and the consume connection are usable and the registered topology was declared once.</returns>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    Task ConnectAsync(CancellationToken cancellationToken = default);

    /// <summary>Declares exchanges, queues and bindings now, and again on every new connection.</summary>
    /// <param name="topology">What to declare. Declarations are idempotent and durable by default.</param>
    /// <param name="cancellationToken">Ends the waiting; the topology stays registered.</param>
    /// <returns>A task that completes when the broker has accepted each entity.</returns>
    /// <exception cref="TopologyException">The broker refused an entity, for example because it exists with other arguments (406). The others were declared.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    Task DeclareAsync(Topology topology, CancellationToken cancellationToken = default);

    /// <summary>Consumes a queue until the subscription is stopped, through every loss of connection, channel, queue leader or queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="handler">Handles the messages; called concurrently when <see cref="ConsumerOptions.Concurrency"/> is above 1.</param>
    /// <param name="options">The options; defaults when <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the waiting and the subscription.</param>
    /// <returns>A task that completes at the first <c>consume-ok</c>.</returns>
    /// <exception cref="ArgumentException">The queue's name or an option is not valid.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    Task<ISubscription> SubscribeAsync(string queue, IMessageHandler handler, ConsumerOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes one message from a queue. For occasional use: each call opens a channel; a subscription is far faster.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="options">The options of <see cref="Settlement.Retry"/> and <see cref="Settlement.DeadLetter"/>, and <see cref="ConsumerOptions.TraceAsChild"/>; the others have no effect. Defaults when <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the waiting. Without it the call goes on through an outage until the cluster answers.</param>
    /// <returns>The message, to be settled by the caller; <see langword="null"/> when the queue is empty.</returns>
    /// <exception cref="ArgumentException">The queue's name or an option is not valid.</exception>
    /// <exception cref="MessageFormatException">
    /// The next message is larger than <see cref="ResilientRabbitOptions.MaxInboundMessageSize"/> and may not be rejected (<see cref="ConsumerOptions.DeadLetterBy"/>): it stays in its queue.
    /// </exception>
    /// <exception cref="TopologyException">The broker refused: there is no such queue (404), no permission (403), or it is another connection's (405).</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    Task<PulledMessage?> GetAsync(string queue, ConsumerOptions? options = null, CancellationToken cancellationToken = default);
}
