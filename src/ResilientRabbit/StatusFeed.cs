using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit;

/// <summary>Delivers status changes to the application in order, on the thread pool, whatever its handlers do.</summary>
internal sealed class StatusFeed
{
    private readonly Channel<ConnectionStatusChange> _changes = Channel.CreateUnbounded<ConnectionStatusChange>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _loop;

    public StatusFeed(Action<ConnectionStatusChange> deliver, ILogger logger) => _loop = Task.Run(() => RunAsync(deliver, logger));

    public void Post(ConnectionStatus previous, ConnectionStatus current) => _changes.Writer.TryWrite(new ConnectionStatusChange(previous, current));

    /// <summary>Delivers what was posted and ends, within the limit: a handler that never returns must not hold up the shutdown.</summary>
    public async Task CloseAsync(TimeSpan limit, TimeProvider time)
    {
        _changes.Writer.TryComplete();
        try
        {
            await _loop.WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The application's own handler is still running: its thread, its time.
        }
    }

    private async Task RunAsync(Action<ConnectionStatusChange> deliver, ILogger logger)
    {
        await foreach (ConnectionStatusChange change in _changes.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                deliver(change);
            }
            catch (Exception exception)
            {
                logger.StatusHandlerFailed(exception);
            }
        }
    }
}
