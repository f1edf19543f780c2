using System.Net;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>The addresses of an endpoint's name: asked for anew at each round, all of them tried.</summary>
internal static class HostAddresses
{
    /// <exception cref="ConnectionException">The name has no address.</exception>
    /// <exception cref="OperationCanceledException">The deadline has passed.</exception>
    public static async Task<IPAddress[]> FindAsync(ClientSettings settings, RabbitEndpoint endpoint, CancellationToken deadline)
    {
        if (IPAddress.TryParse(endpoint.Host, out IPAddress? literal))
        {
            return [literal];
        }

        // A waiting of our own: the system's resolver does not always heed the token. What it says later is for nobody.
        Task<IPAddress[]> resolving = settings.Resolve(endpoint.Host, deadline);
        SessionTidying.ObserveLater(resolving);
        IPAddress[] addresses = await resolving.WaitAsync(deadline).ConfigureAwait(false);
        return addresses.Length > 0
            ? addresses
            : throw new ConnectionException(ConnectionFailureReason.NameNotResolved, endpoint.ToString(), $"The name '{endpoint.Host}' has no address. Check the name and the resolver.");
    }
}
