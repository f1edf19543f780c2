using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>What the kernel knows of a peer that does not acknowledge (Linux; elsewhere nothing is known).</summary>
internal static class TcpRepeats
{
    private const int LinuxTcpInfo = 11;

    /// <summary>tcpi_retransmits, the third byte of the structure since it exists.</summary>
    private const int PlaceOfRetransmits = 2;

    /// <summary>tcpi_probes: questions to a closed window without an answer.</summary>
    private const int PlaceOfProbes = 3;

    /// <summary>tcpi_unacked, a number of four bytes.</summary>
    private const int PlaceOfUnacknowledged = 24;

    /// <summary>One question may be under way, and one answer may be lost.</summary>
    private const int MostProbes = 2;

    /// <summary>How often the oldest bytes without an acknowledgement were sent again; zero as soon as one comes. A peer that only reads nothing does acknowledge: its kernel answers.</summary>
    public static int Count(Socket socket)
    {
        Span<byte> info = stackalloc byte[2 * sizeof(int)];
        return Read(socket, info) > PlaceOfRetransmits ? info[PlaceOfRetransmits] : 0;
    }

    /// <summary>Whether the peer has acknowledged all that it was sent, and its kernel answers. When something is left to be sent all the same, the peer reads nothing: its window is closed.</summary>
    public static bool IsWindowClosed(Socket socket)
    {
        Span<byte> info = stackalloc byte[PlaceOfUnacknowledged + sizeof(int)];
        return Read(socket, info) == info.Length && info[PlaceOfRetransmits] == 0 && info[PlaceOfProbes] <= MostProbes && BitConverter.ToUInt32(info[PlaceOfUnacknowledged..]) == 0;
    }

    /// <summary>How much of the structure there is; nothing where nothing is known.</summary>
    private static int Read(Socket socket, Span<byte> info)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, LinuxTcpInfo, info);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Dead already, or an exotic socket: the other guards remain.
            return 0;
        }
    }
}
