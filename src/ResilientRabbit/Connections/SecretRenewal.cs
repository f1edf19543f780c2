using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>
/// Gives the broker the next secret before the one in use expires (<c>connection.update-secret</c>), as long as the provider says when that is.
/// A connection that cannot be renewed lives on until the broker ends it, which is a loss like any other.
/// </summary>
internal sealed class SecretRenewal(ConnectionEpoch epoch, CredentialsSource source, ClientSettings access, ILogger logger, TimeProvider time)
{
    private const double UsedUp = 0.8;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>Runs until the session is dead or its secret does not expire. Never faults.</summary>
    public async Task RunAsync(string connection, RabbitCredentials credentials)
    {
        try
        {
            while (credentials.ExpiresAt is { } end)
            {
                TimeSpan left = (end - time.GetUtcNow()) * UsedUp;
                await Task.Delay(Clamp(left), time, epoch.Dead).ConfigureAwait(false);
                credentials = await RenewAsync(connection, credentials).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            if (!epoch.IsDead)
            {
                logger.SecretRenewalFailed(connection, exception.GetType().Name);
            }
        }
    }

    // The runtime's timers take no more than some weeks; one that comes early asks once too often.
    private static TimeSpan Clamp(TimeSpan left)
        => left < Shortest ? Shortest : left > ProblemList.LongestDuration ? ProblemList.LongestDuration : left;

    private async Task<RabbitCredentials> RenewAsync(string connection, RabbitCredentials current)
    {
        RabbitCredentials next;
        try
        {
            using var limit = new CancellationTokenSource(access.RequestTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, epoch.Dead);
            next = await source.GetAsync(access, epoch.Endpoint, either.Token).ConfigureAwait(false);
        }
        catch (ConnectionException) when (!epoch.IsDead && time.GetUtcNow() < current.ExpiresAt)
        {
            // There is time left: the provider is asked again after four fifths of it.
            logger.SecretRenewalFailed(connection, nameof(ConnectionFailureReason.CredentialsUnavailable));
            return current;
        }

        if (!string.Equals(next.UserName, current.UserName, StringComparison.Ordinal))
        {
            // The protocol renews a secret, not a user.
            logger.SecretRenewalFailed(connection, "the user is another one");
            return new RabbitCredentials(next.UserName, next.Password);
        }

        if (!string.Equals(next.Password, current.Password, StringComparison.Ordinal))
        {
            await epoch.UpdateSecretAsync(next.Password).ConfigureAwait(false);
            logger.SecretRenewed(connection);
        }

        return next;
    }
}
