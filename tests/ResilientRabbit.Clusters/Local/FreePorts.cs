using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

/// <summary>
/// Ports that stay free while their owner is down: they lie below the range from which the system takes the ports of outgoing
/// connections. A port from that range could be taken while a killed node is down, or be connected to itself.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int Last = 32_000;
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];

    public static int Take()
    {
        lock (Gate)
        {
            for (var attempt = 0; attempt < 2_000; attempt++)
            {
                var port = Random.Shared.Next(First, Last);
                if (!Taken.Contains(port) && IsFree(port))
                {
                    Taken.Add(port);

                    return port;
                }
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {Last}.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
