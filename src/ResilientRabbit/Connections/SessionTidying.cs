using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Closes what the driver has left of a session, in the background: each step can hang for ever, so each has a limit, and none throws.</summary>
internal sealed class SessionTidying(string endpoint, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>As long as the driver lets the broker take for its part of a close.</summary>
    private static readonly TimeSpan OwnCloseLimit = TimeSpan.FromSeconds(30);

    public static void ObserveLater(Task task)
        => _ = task.ContinueWith(static done => done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>Cancels. What callbacks throw is theirs: some are the application's, whose code gets tokens that end with ours, and what comes after must be done all the same.</summary>
    /// <param name="source">What is cancelled.</param>
    /// <param name="logger">Where it is told; null for nowhere, where no callback of the application's is expected.</param>
    /// <param name="repeats">Bounds the log; null for no bound.</param>
    public static async Task CancelAsync(CancellationTokenSource source, ILogger? logger = null, RepeatLimit? repeats = null)
    {
        try
        {
            await source.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException exception)
        {
            // Every callback has run. Only the type is told: the words are the application's and may hold a secret.
            string type = (exception.Flatten().InnerExceptions.FirstOrDefault() ?? exception).GetType().Name;
            int times = 0;
            logger?.CancellationCallbackFailed(repeats?.LevelOf(LogLevel.Warning, $"callback|{type}", out times) ?? LogLevel.Warning, type, times);
        }
    }

    /// <summary>The application closes a connection of its own, which closes the socket as soon as the peer lets it: what is to be written before may have to wait for a peer that reads nothing.</summary>
    public static async Task EndHandedOutAsync(TransportClient transport, TransportGuard? guard, TimeProvider time)
    {
        try
        {
            await transport.Stream!.Ended.WaitAsync(OwnCloseLimit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            transport.Abort();
        }

        guard?.Dispose();
    }

    public async Task CloseAsync(IConnection connection)
    {
        await BoundedAsync(() => connection.CloseAsync(200, "Abandoned", Limit, abort: true, CancellationToken.None)).ConfigureAwait(false);
        await BoundedAsync(() => connection.DisposeAsync().AsTask()).ConfigureAwait(false);
    }

    public async Task CloseAsync(IChannel channel)
    {
        await BoundedAsync(() => channel.AbortAsync(CancellationToken.None)).ConfigureAwait(false);
        await BoundedAsync(() => channel.DisposeAsync().AsTask()).ConfigureAwait(false);
    }

    /// <summary>Closes a channel that was given up before it was open.</summary>
    public async Task CloseLateAsync(Task<IChannel> opening)
    {
        try
        {
            await CloseAsync(await opening.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The caller has already got its exception.
        }
    }

    private async Task BoundedAsync(Func<Task> action)
    {
        try
        {
            Task task = action();
            ObserveLater(task);
            await task.WaitAsync(Limit, time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.TeardownIncomplete(endpoint, exception.GetType().Name);
        }
    }
}
