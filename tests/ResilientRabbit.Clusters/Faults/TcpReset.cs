using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

internal static class TcpReset
{
    /// <summary>Closes so that the peer gets RST instead of FIN.</summary>
    public static void Close(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        socket.Dispose();
    }
}
