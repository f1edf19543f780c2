using System.Globalization;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Connections that are handed out: opened like the client's own, then left to the caller.</summary>
internal sealed class RawConnections(ClientSettings settings, EndpointSelector selector, DriverConnectionFactory factory, ILogger logger)
    : IResilientConnectionFactory, IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private int _count;

    public async Task<IConnection> CreateConnectionAsync(string purpose, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        if (!purpose.All(static character => char.IsAsciiLetterOrDigit(character) || character == '-'))
        {
            throw new ArgumentException("Only letters, digits and dashes are allowed: the broker shows the name.", nameof(purpose));
        }

        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, typeof(RabbitClient));
        cancellationToken.ThrowIfCancellationRequested();
        string user = string.Create(CultureInfo.InvariantCulture, $"raw{Interlocked.Increment(ref _count)}");
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token, cancellationToken);
        try
        {
            ConnectionEpoch epoch = await OpenAsync(user, $"{settings.ClientName}:{purpose}", either.Token).ConfigureAwait(false);
            _ = ReleaseLaterAsync(user, epoch);
            return epoch.HandOut();
        }
        catch (Exception exception)
        {
            selector.Released(user);
            cancellationToken.ThrowIfCancellationRequested();
            if (_closed.IsCancellationRequested)
            {
                throw new ObjectDisposedException("The client was disposed while a connection was being opened.", exception);
            }

            throw;
        }
    }

    /// <summary>Opens no more; what was handed out stays.</summary>
    public void Dispose() => _ = SessionTidying.CancelAsync(_closed);

    private async Task<ConnectionEpoch> OpenAsync(string user, string name, CancellationToken stop)
    {
        var failed = new FailedEndpoints();
        for (int left = selector.Count; ; left--)
        {
            RabbitEndpoint endpoint = selector.Next(user, failed);
            logger.Connecting(name, endpoint.ToString());
            try
            {
                ConnectionEpoch epoch = await factory.OpenAnyAsync(endpoint, name, selector, stop).ConfigureAwait(false);
                selector.Succeeded(endpoint);
                logger.Connected(name, endpoint.ToString(), epoch.ClusterName, epoch.NodeName, again: false);
                return epoch;
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                ConnectionException error = ConnectFailures.Explain(endpoint.ToString(), exception);
                selector.Failed(endpoint, error.Reason);
                failed.Failed(endpoint);
                if (!selector.Knows(endpoint))
                {
                    // It was removed meanwhile, and says nothing of those that are in the list now.
                    left = selector.Count + 1;
                }
                else if (left <= 1 || FailureClassifier.IsRefusal(error.Reason))
                {
                    throw error;
                }
            }
        }
    }

    private async Task ReleaseLaterAsync(string user, ConnectionEpoch epoch)
    {
        await epoch.Lost.ConfigureAwait(false);
        selector.Released(user);
    }
}
