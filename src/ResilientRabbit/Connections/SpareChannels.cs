using System.Collections.Concurrent;
using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>
/// Channels in confirm mode that are opened together with a session, one for each lane that belongs to it: lanes that have waited for the session write at once instead of asking for a channel first.
/// The first of them is the session's probe. Thread-safe.
/// </summary>
internal sealed class SpareChannels(ConnectionEpoch epoch)
{
    private readonly ConcurrentQueue<Task<IChannel>> _channels = new();
    private volatile bool _isOver;

    /// <summary>Opens so many at the same time; completes when the first one is open.</summary>
    /// <exception cref="Exception">The first one could not be opened. What becomes of the others nobody need look at.</exception>
    public async Task OpenAsync(int count, CancellationToken deadline)
    {
        Task<IChannel> first = Begin(deadline);
        for (int index = 1; index < count; index++)
        {
            // Not under the deadline of the attempt, which they may outlive: they have the session's own limit.
            _ = Begin(CancellationToken.None);
        }

        await first.ConfigureAwait(false);
    }

    /// <summary>Takes one that is open, or will be in a moment; where there is none, opens one.</summary>
    /// <exception cref="ConnectionException">The session is dead or did not answer in time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IChannel> TakeOrOpenAsync(CancellationToken cancellationToken)
    {
        while (!_isOver && _channels.TryDequeue(out Task<IChannel>? opening))
        {
            try
            {
                IChannel channel = await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (channel.IsOpen)
                {
                    return channel;
                }

                epoch.Retire(channel);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _ = RetireAsync(opening);
                throw;
            }
            catch (Exception)
            {
                // It could not be opened: the next one, or a new one, says more.
            }
        }

        return await OpenOneAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives back all that nobody has taken: the session is being left.</summary>
    public void Release()
    {
        _isOver = true;
        while (_channels.TryDequeue(out Task<IChannel>? opening))
        {
            _ = RetireAsync(opening);
        }
    }

    // The driver's own tracking is off: it would count only what it has written itself.
    private Task<IChannel> OpenOneAsync(CancellationToken cancellationToken) => epoch.OpenChannelAsync(new CreateChannelOptions(true, false), cancellationToken);

    private Task<IChannel> Begin(CancellationToken deadline)
    {
        Task<IChannel> opening = OpenOneAsync(deadline);
        SessionTidying.ObserveLater(opening);
        _channels.Enqueue(opening);
        return opening;
    }

    private async Task RetireAsync(Task<IChannel> opening)
    {
        try
        {
            epoch.Retire(await opening.ConfigureAwait(false));
        }
        catch (Exception)
        {
            // It was never open.
        }
    }
}
