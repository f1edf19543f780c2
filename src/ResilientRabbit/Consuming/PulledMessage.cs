using ResilientRabbit.Consuming;

namespace ResilientRabbit;

/// <summary>One message that was asked for. It belongs to the caller until it is settled; disposing it unsettled gives it back to its queue.</summary>
/// <remarks>Not thread-safe. Delivery guarantee: at least once, as for a subscription.</remarks>
public sealed class PulledMessage : IAsyncDisposable
{
    private readonly PullChannel _channel;
    private bool _isSettled;

    internal PulledMessage(PullChannel channel) => _channel = channel;

    /// <summary>Gets the message. Its body is valid until it is settled or disposed.</summary>
    public ReceivedMessage Message => _channel.Delivery.Message;

    /// <summary>Gets a token that is cancelled when the message is lost to this process: its channel is gone and the broker delivers it again.</summary>
    public CancellationToken Lost => _channel.Token;

    /// <summary>Says what shall become of the message, as the return value of a handler does.</summary>
    /// <param name="settlement">What shall become of it.</param>
    /// <returns>
    /// True when that was done, as far as it can be known: an acknowledgement is not answered by the broker. False when the message was lost before, or its copy for a retry or the
    /// dead-letter queue could not be published: it stays in its queue or goes back there.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such settlement.</exception>
    /// <exception cref="InvalidOperationException">The message was settled or disposed before.</exception>
    public async ValueTask<bool> SettleAsync(Settlement settlement)
    {
        if (!Enum.IsDefined(settlement))
        {
            throw new ArgumentOutOfRangeException(nameof(settlement), settlement, "There is no such settlement.");
        }

        if (_isSettled)
        {
            throw new InvalidOperationException("The message was settled before.");
        }

        _isSettled = true;
        return await _channel.SettleAsync(settlement).ConfigureAwait(false);
    }

    /// <summary>Gives the message back to its queue, at once, unless it was settled.</summary>
    /// <returns>A task that completes when that is under way.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_isSettled)
        {
            _isSettled = true;
            await _channel.SettleAsync(Settlement.Requeue).ConfigureAwait(false);
        }
    }
}
