using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>Where the user and the password of an attempt come from: the application's provider, or the settings. Keeps nothing. Thread-safe.</summary>
internal sealed class CredentialsSource(ILogger logger, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IRabbitCredentialsProvider, Task<RabbitCredentials>> _abandoned = new(ReferenceEqualityComparer.Instance);

    /// <summary>Gets the credentials for one attempt, or for one renewal, within its deadline.</summary>
    /// <exception cref="ConnectionException">The provider failed, took too long, or returned what has expired. Its words are not repeated.</exception>
    public async ValueTask<RabbitCredentials> GetAsync(ClientSettings access, RabbitEndpoint endpoint, CancellationToken deadline)
    {
        if (access.CredentialsProvider is not { } provider)
        {
            UserCredentials own = access.CredentialsOf(endpoint);
            return new RabbitCredentials(own.UserName, own.Password);
        }

        RabbitCredentials credentials = await AskAsync(provider, endpoint, deadline).ConfigureAwait(false);
        return credentials.ExpiresAt is { } end && end <= time.GetUtcNow()
            ? throw Unavailable(endpoint, $"returned credentials that expired at {end.UtcDateTime:u}")
            : credentials;
    }

    private static ConnectionException Unavailable(RabbitEndpoint endpoint, string what)
        => new(ConnectionFailureReason.CredentialsUnavailable, endpoint.ToString(), $"No credentials for {endpoint}: the provider {what}. Check the provider and what it depends on.");

    private async Task<RabbitCredentials> AskAsync(IRabbitCredentialsProvider provider, RabbitEndpoint endpoint, CancellationToken deadline)
    {
        using var token = new ApplicationToken(logger, repeats: null, deadline);
        Task<RabbitCredentials> call = Begin(provider, token.Token);
        try
        {
            return await call.WaitAsync(deadline).ConfigureAwait(false) ?? throw Unavailable(endpoint, "returned nothing");
        }
        catch (Exception exception) when (exception is not ConnectionException)
        {
            if (deadline.IsCancellationRequested)
            {
                Abandon(provider, call);
                throw Unavailable(endpoint, "did not answer in time");
            }

            // Not as the inner exception: its text may hold a secret, and whatever it holds inside.
            throw Unavailable(endpoint, $"failed with {exception.GetType().Name}");
        }
    }

    /// <summary>Calls the provider; while a call that heeds no token goes on, that one is waited for: calls must not pile up.</summary>
    private Task<RabbitCredentials> Begin(IRabbitCredentialsProvider provider, CancellationToken token)
    {
        lock (_gate)
        {
            if (_abandoned.TryGetValue(provider, out Task<RabbitCredentials>? pending) && !pending.IsCompleted)
            {
                return pending;
            }
        }

        // Not on the supervisor's loop: a provider that blocks its thread must not block the deadline.
        return Task.Run(() => provider.GetCredentialsAsync(token).AsTask(), CancellationToken.None);
    }

    private void Abandon(IRabbitCredentialsProvider provider, Task<RabbitCredentials> call)
    {
        lock (_gate)
        {
            _abandoned[provider] = call;
        }

        _ = call.ContinueWith(ended => Forget(provider, ended), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>What came too late is a secret, too.</summary>
    private void Forget(IRabbitCredentialsProvider provider, Task<RabbitCredentials> call)
    {
        _ = call.Exception;
        lock (_gate)
        {
            if (_abandoned.GetValueOrDefault(provider) == call)
            {
                _abandoned.Remove(provider);
            }
        }
    }
}
