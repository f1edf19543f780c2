using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>What the kernel knows of a peer that does not acknowledge (Linux; elsewhere nothing is known).</summary>
internal static class TcpRepeats
{
    private const int LinuxTcpInfo = 11;

    /// <summary>tcpi_retransmits, the third byte of the structure since it exists.</summary>
    private const int PlaceOfRetransmits = 2;

    /// <summary>How often the oldest bytes without an acknowledgement were sent again; zero as soon as one comes. A peer that only reads nothing does acknowledge: its kernel answers.</summary>
    public static int Count(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        Span<byte> info = stackalloc byte[2 * sizeof(int)];
        try
        {
            return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, LinuxTcpInfo, info) > PlaceOfRetransmits ? info[PlaceOfRetransmits] : 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Dead already, or an exotic socket: the other guards remain.
            return 0;
        }
    }
}
