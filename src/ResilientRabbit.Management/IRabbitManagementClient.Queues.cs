namespace ResilientRabbit.Management;

// Queues, exchanges and bindings.
public partial interface IRabbitManagementClient
{
    /// <summary>Lists the queues of a virtual host.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The queues.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Gets a queue: leader, mirrors, synchronised mirrors, members, consumers, counts.</summary>
    /// <param name="queue">The name of the queue.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<QueueInfo> GetQueueAsync(string queue, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a queue with its messages.</summary>
    /// <param name="queue">The name of the queue.</param>
    /// <param name="ifUnused">Only when it has no consumers; otherwise <see cref="ManagementFailure.Conflict"/>.</param>
    /// <param name="ifEmpty">Only when it holds no message; otherwise <see cref="ManagementFailure.Conflict"/>. Quorum queues do not know it (<see cref="ManagementFailure.BadRequest"/> or <see cref="ManagementFailure.Conflict"/>, by version).</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteQueueAsync(string queue, bool ifUnused = false, bool ifEmpty = false, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes the ready messages of a queue.</summary>
    /// <param name="queue">The name of the queue.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task PurgeQueueAsync(string queue, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the exchanges of a virtual host, the broker's own as well.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The exchanges.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<ExchangeInfo>> ListExchangesAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Gets an exchange.</summary>
    /// <param name="exchange">The name of the exchange.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The exchange.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<ExchangeInfo> GetExchangeAsync(string exchange, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes an exchange with its bindings.</summary>
    /// <param name="exchange">The name of the exchange.</param>
    /// <param name="ifUnused">Only when nothing is bound to it; otherwise <see cref="ManagementFailure.Conflict"/>.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteExchangeAsync(string exchange, bool ifUnused = false, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the bindings of a virtual host, those to the default exchange as well.</summary>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The bindings.</returns>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<BindingInfo>> ListBindingsAsync(string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the bindings to one exchange: what its messages go to.</summary>
    /// <param name="exchange">The name of the exchange; empty for the default exchange.</param>
    /// <param name="virtualHost">The virtual host; <see langword="null"/> for that of the options.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The bindings.</returns>
    /// <exception cref="ArgumentException">A name is one that HTTP cannot address (<c>.</c> and <c>..</c>).</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task<IReadOnlyList<BindingInfo>> ListBindingsOfExchangeAsync(string exchange, string? virtualHost = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a binding.</summary>
    /// <param name="binding">The binding as it was listed.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the broker has done it.</returns>
    /// <exception cref="ArgumentException">A name is empty, or one that HTTP cannot address (<c>.</c> and <c>..</c>), or a value has no form in JSON.</exception>
    /// <exception cref="ManagementException">The broker refused, or no address answered.</exception>
    Task DeleteBindingAsync(BindingInfo binding, CancellationToken cancellationToken = default);
}
