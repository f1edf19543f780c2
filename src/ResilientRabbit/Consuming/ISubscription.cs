namespace ResilientRabbit;

/// <summary>Consumes one queue, through every loss of connection, channel or queue, until it is stopped.</summary>
/// <remarks>Thread-safe. Disposing stops and drains as <see cref="StopAsync"/> does.</remarks>
public interface ISubscription : IAsyncDisposable
{
    /// <summary>Gets a snapshot of the subscription's state.</summary>
    SubscriptionStatus Status { get; }

    /// <summary>Cancels the consumer at the broker and waits for the running handlers, at most for <see cref="ConsumerOptions.StopTimeout"/>. Messages that no handler has begun go back to the queue.</summary>
    /// <param name="cancellationToken">Ends the waiting; the subscription pauses all the same.</param>
    /// <returns>A task that completes when nothing is consumed any more.</returns>
    Task PauseAsync(CancellationToken cancellationToken = default);

    /// <summary>Consumes again after a pause. Does nothing when the subscription is not paused.</summary>
    /// <param name="cancellationToken">Ends the waiting; the subscription resumes all the same.</param>
    /// <returns>A task that completes when the broker delivers again.</returns>
    Task ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the subscription: nothing new is handed out, running handlers may finish for <see cref="ConsumerOptions.StopTimeout"/>, acknowledgements are sent, the rest goes back to the queue.</summary>
    /// <param name="cancellationToken">Cuts the draining short: the handlers' tokens are cancelled.</param>
    /// <returns>A task that completes when the subscription is stopped. Calling it again returns the same result.</returns>
    Task StopAsync(CancellationToken cancellationToken = default);
}
