using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// While a session lives on an address that may move: when what was sent is not acknowledged, knocks at the address until somebody answers, and opens a second session there. TCP by itself learns of the new
/// owner only when it sends again, up to a second later.
/// </summary>
/// <remarks>Make before break: the old session is not touched, and is good again as soon as one acknowledgement comes. One attempt at a time; while nobody answers an attempt is one SYN.</remarks>
internal sealed class MovedAddress(
    string connection, ConnectionEpoch epoch, int lanes, ClientSettings settings, EndpointSelector selector, DriverConnectionFactory factory, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan KnockLimit = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan Goodbye = TimeSpan.FromMilliseconds(500);

    private bool _isRefused;

    /// <summary>Runs until there is a session that should take the place of the first, which stays silent.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ConnectionEpoch> FindAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Look, time);
        TimeSpan pause = Look;
        while (true)
        {
            await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
            if (!epoch.IsUnanswered || !selector.Knows(epoch.Endpoint))
            {
                pause = Look;
                continue;
            }

            if (pause == Look)
            {
                logger.AddressUnanswered(connection, epoch.Endpoint.ToString());
            }

            if (await TryAsync(stop).ConfigureAwait(false) is { } second)
            {
                if (epoch.IsUnanswered && !epoch.IsDead)
                {
                    return second;
                }

                // Only slow: it has acknowledged meanwhile.
                factory.Teardowns.Track(second.CloseAsync(Goodbye));
            }

            pause = pause + pause < LongestPause ? pause + pause : LongestPause;

            // A refusal is not healed by asking again: three logins a second would lock the account.
            TimeSpan rest = _isRefused ? settings.ReconnectMaxDelay * (1 + (Random.Shared.NextDouble() / 10)) : pause * (0.5 + (Random.Shared.NextDouble() / 2));
            await Task.Delay(rest, time, stop).ConfigureAwait(false);
        }
    }

    private async Task<ConnectionEpoch?> TryAsync(CancellationToken stop)
    {
        _isRefused = false;
        try
        {
            using var limit = new CancellationTokenSource(settings.ConnectTimeout, time);
            using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            foreach (IPAddress address in (await factory.Addresses.FindAsync(epoch.Endpoint, deadline.Token).ConfigureAwait(false)).Take(HostAddresses.MostInRound))
            {
                // First of all whether anybody is there: the credentials' provider is not to be asked three times a second. An endpoint that was removed is a stranger.
                if (selector.Knows(epoch.Endpoint) && await IsAnsweredAsync(address, deadline.Token).ConfigureAwait(false))
                {
                    return await factory.OpenAsync(epoch.Endpoint, address, connection, selector, deadline.Token, lanes).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            ConnectionFailureReason reason = FailureClassifier.Classify(exception);
            _isRefused = FailureClassifier.IsRefusal(reason);
            logger.PlannedMoveFailed(connection, epoch.Endpoint.ToString(), reason);
        }

        return null;
    }

    private async Task<bool> IsAnsweredAsync(IPAddress address, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(KnockLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, epoch.Endpoint.Port, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
