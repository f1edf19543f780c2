using System.Net;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>The addresses of an endpoint's name: asked for anew at each round, all of them tried.</summary>
internal static class HostAddresses
{
    /// <exception cref="ConnectionException">The name has no address, or the resolver has not answered before the deadline.</exception>
    public static async Task<IPAddress[]> FindAsync(ClientSettings settings, RabbitEndpoint endpoint, CancellationToken deadline)
    {
        if (IPAddress.TryParse(endpoint.Host, out IPAddress? literal))
        {
            return [literal];
        }

        // A waiting of our own: the system's resolver does not always heed the token. What it says later is for nobody.
        Task<IPAddress[]> resolving = settings.Resolve(endpoint.Host, deadline);
        SessionTidying.ObserveLater(resolving);
        try
        {
            IPAddress[] addresses = await resolving.WaitAsync(deadline).ConfigureAwait(false);
            return addresses.Length > 0 ? addresses : throw NotResolved(endpoint, "has no address");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // Not the broker's silence: it was not even asked.
            throw NotResolved(endpoint, "was not resolved in time");
        }
    }

    private static ConnectionException NotResolved(RabbitEndpoint endpoint, string what)
        => new(ConnectionFailureReason.NameNotResolved, endpoint.ToString(), $"The name '{endpoint.Host}' {what}. Check the name and the resolver.");
}
