using System.Net;

namespace ResilientRabbit.Management;

/// <summary>Finds the node behind a connection with the management API: the one whose list has a connection from this end's address and port.</summary>
/// <remarks>Thread-safe. Behind a proxy that does not pass the client's address on (PROXY protocol) there is no such connection, and the name stays unknown: nothing is guessed.
/// Where several nodes list that address, one of them under the connection's name counts alone; a connection that is listed longer than it lived is waited for.
/// The user needs the tag <c>monitoring</c>, or must be the one of the connection.</remarks>
public sealed class ManagementNodeNameResolver : INodeNameResolver
{
    // The broker lists a connection a moment after it was opened, a busy one some seconds. Each pause is twice the one before: 9.3 s in all.
    private const int Looks = 6;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(300);

    private readonly Func<IRabbitManagementClient> _client;
    private readonly TimeProvider _time;

    /// <summary>Initializes the resolver.</summary>
    /// <param name="client">The client of the management API; not disposed by the resolver.</param>
    public ManagementNodeNameResolver(IRabbitManagementClient client)
        : this(() => client, TimeProvider.System)
    {
        ArgumentNullException.ThrowIfNull(client);
    }

    internal ManagementNodeNameResolver(Func<IRabbitManagementClient> client, TimeProvider time)
    {
        _client = client;
        _time = time;
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ResolveAsync(NodeNameQuery connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!IPEndPoint.TryParse(connection.LocalAddress, out IPEndPoint? own))
        {
            return null;
        }

        for (int look = 1; ; look++)
        {
            IReadOnlyList<ClientConnectionInfo> all = await _client().ListConnectionsAsync(cancellationToken).ConfigureAwait(false);
            ClientConnectionInfo[] same = [.. all.Where(found => IsSame(found, own))];
            string[] nodes = NodesOf(same);
            if (nodes.Length > 1)
            {
                // One port of this machine may serve connections to several nodes, and a connection is listed a moment longer than it lives.
                nodes = NodesOf(same.Where(found => string.Equals(found.ClientName, connection.ConnectionName, StringComparison.Ordinal)));
            }

            if (nodes.Length == 1 || look == Looks)
            {
                return nodes.Length == 1 ? nodes[0] : null;
            }

            await Task.Delay(FirstPause * (1 << (look - 1)), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string[] NodesOf(IEnumerable<ClientConnectionInfo> connections)
        => [.. connections.Select(static found => found.Node).Where(static node => node.Length > 0).Distinct(StringComparer.Ordinal)];

    private static bool IsSame(ClientConnectionInfo found, IPEndPoint own)
        => found.PeerPort == own.Port && IPAddress.TryParse(found.PeerHost, out IPAddress? peer) && Plain(peer).Equals(Plain(own.Address));

    // A socket for both families shows IPv4 addresses as mapped ones.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
