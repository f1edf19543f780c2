namespace ResilientRabbit;

/// <summary>Remembers which messages were handled.</summary>
/// <remarks>
/// Called concurrently. When a call throws, the message is handled all the same and the failure is logged: deduplication never costs a message. Calls of one key do not overlap within one
/// subscription.
/// </remarks>
public interface IDeduplicationStore
{
    /// <summary>Says whether a message was handled.</summary>
    /// <param name="key">The key of the message.</param>
    /// <param name="cancellationToken">Cancelled when the message's channel is lost.</param>
    /// <returns>True when <see cref="AddAsync"/> was called with this key and it is not forgotten.</returns>
    ValueTask<bool> ContainsAsync(string key, CancellationToken cancellationToken);

    /// <summary>Records that a message was handled.</summary>
    /// <param name="key">The key of the message.</param>
    /// <param name="cancellationToken">Never cancelled by the SDK: what was handled is to be recorded also when its channel is lost.</param>
    /// <returns>A task that completes when it is recorded.</returns>
    ValueTask AddAsync(string key, CancellationToken cancellationToken);
}
