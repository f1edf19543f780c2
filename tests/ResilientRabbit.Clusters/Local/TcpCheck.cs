using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

internal static class TcpCheck
{
    /// <summary>Null when something accepts at the address; throws otherwise.</summary>
    public static async Task<string?> FindFaultAsync(ClusterAddress address, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, cancellationToken);

        return null;
    }
}
