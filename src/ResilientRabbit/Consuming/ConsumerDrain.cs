using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Ends a consumer channel in good order: the running handlers finish, their acknowledgements arrive. Takes the stop timeout and three quarters of a second at most.</summary>
internal sealed class ConsumerDrain(ConsumerSettings settings, ILogger logger, TimeProvider time)
{
    /// <summary>For the last acknowledgements to reach the broker; one that does not read delivers the messages again.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>For handlers to heed their cancelled token. One that does not is left behind.</summary>
    private static readonly TimeSpan CancelGrace = TimeSpan.FromMilliseconds(250);

    /// <param name="channel">The channel; it hands out nothing more.</param>
    /// <param name="handlers">Completes when nothing of it is being handled.</param>
    /// <param name="hurry">Cuts the waiting short.</param>
    public async Task RunAsync(ConsumerChannel channel, Task handlers, CancellationToken hurry)
    {
        Task<bool> cancelling = channel.TryCancelConsumerAsync(settings.StopTimeout);
        using (var limit = new CancellationTokenSource(settings.StopTimeout, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, hurry, channel.Token))
        {
            await Task.WhenAll(cancelling, handlers).WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // A channel whose request got no answer must not be asked another one.
        bool isAnswering = cancelling.IsCompletedSuccessfully && await cancelling.ConfigureAwait(false);
        await channel.FlushAsync(FlushLimit, isAnswering).ConfigureAwait(false);
        if (!handlers.IsCompleted)
        {
            if (!channel.Token.IsCancellationRequested)
            {
                logger.StopTimedOut(settings.Queue, settings.StopTimeout);
            }

            channel.CancelHandlers();
            await handlers.WaitAsync(CancelGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // What they have finished now would be handled again.
            await channel.FlushAsync(FlushLimit, awaitBroker: false).ConfigureAwait(false);
        }

        channel.Dispose();
    }
}
