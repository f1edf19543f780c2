using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// The end of a session that another one has taken the place of: closed politely when every channel on it was given back. By force after a limit,
/// where there is one: that is a loss for those who still use it.
/// </summary>
internal sealed class SessionDeparture(string connection, ConnectionEpoch epoch, ILogger logger, TimeProvider time)
{
    /// <summary>Somebody may have got the session a moment before it was replaced, and be about to open a channel on it.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Goodbye = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _bound = new(Timeout.InfiniteTimeSpan, time);
    private TimeSpan? _limit;
    private bool _isOver;

    public RabbitEndpoint Endpoint => epoch.Endpoint;

    /// <summary>By force when it takes longer than this, counted from the first call.</summary>
    public void EndWithin(TimeSpan limit)
    {
        lock (_gate)
        {
            if (_limit is null && !_isOver)
            {
                _limit = limit;
                _bound.CancelAfter(limit);
            }
        }
    }

    /// <summary>Runs until the session is closed or lost. Never faults; when the client closes, the session is closed as well.</summary>
    public async Task RunAsync(CancellationToken closing)
    {
        epoch.Spares.Release();
        if (!await IsEndedByForceAsync(closing).ConfigureAwait(false))
        {
            await epoch.CloseAsync(Goodbye).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _isOver = true;
            _bound.Dispose();
        }
    }

    private async Task<bool> IsEndedByForceAsync(CancellationToken closing)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(_bound.Token, closing, epoch.Dead);
        try
        {
            do
            {
                await WaitUntilUnusedAsync(end.Token).ConfigureAwait(false);
                await Task.Delay(Settling, time, end.Token).ConfigureAwait(false);
            }
            while (!epoch.IsUnused);
        }
        catch (OperationCanceledException)
        {
            if (_bound.IsCancellationRequested && !epoch.IsUnused && !epoch.IsDead && !closing.IsCancellationRequested)
            {
                logger.MoveForced(connection, epoch.Endpoint.ToString(), _limit!.Value);
                epoch.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "Its endpoint was removed from the configuration."));
                return true;
            }
        }

        return false;
    }

    private async Task WaitUntilUnusedAsync(CancellationToken end)
    {
        var retired = new AsyncSignal();
        epoch.ChannelRetired += retired.Set;
        using CancellationTokenRegistration wake = end.UnsafeRegister(static state => ((AsyncSignal)state!).Set(), retired);
        try
        {
            while (!epoch.IsUnused && !end.IsCancellationRequested)
            {
                await retired.WaitAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            epoch.ChannelRetired -= retired.Set;
        }

        end.ThrowIfCancellationRequested();
    }
}
