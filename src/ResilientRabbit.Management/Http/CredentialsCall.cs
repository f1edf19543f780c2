using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Management.Http;

/// <summary>Where user and password of an attempt come from. Thread-safe.</summary>
internal sealed class CredentialsCall(ManagementSettings settings, TimeProvider time)
{
    /// <exception cref="AttemptException">The provider failed or gave nothing in time. Its words are not repeated: they may hold a secret.</exception>
    public async ValueTask<RabbitCredentials> GetAsync(CancellationToken deadline)
    {
        if (settings.CredentialsProvider is not { } provider)
        {
            return new RabbitCredentials(settings.UserName, settings.Password);
        }

        // This package has no log.
        using var token = new ApplicationToken(NullLogger.Instance, repeats: null, deadline);
        RabbitCredentials? credentials;
        try
        {
            // Not on this thread: a provider that blocks it must not block the deadline.
            credentials = await Task.Run(() => provider.GetCredentialsAsync(token.Token).AsTask(), CancellationToken.None).WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw Unavailable(deadline.IsCancellationRequested ? "did not answer in time" : $"failed with {exception.GetType().Name}");
        }

        return credentials is null ? throw Unavailable("returned nothing")
            : credentials.UserName.Contains(':', StringComparison.Ordinal) ? throw Unavailable("returned a user name with ':', which HTTP's basic authentication cannot carry")
            : credentials.ExpiresAt is { } end && end <= time.GetUtcNow() ? throw Unavailable($"returned credentials that expired at {end.UtcDateTime:u}")
            : credentials;
    }

    private static AttemptException Unavailable(string what) => new(ManagementFailure.CredentialsUnavailable, $"the credentials provider {what}; check it and what it depends on");
}
