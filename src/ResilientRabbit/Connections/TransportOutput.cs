using System.Net.Security;
using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>The way out of this process: the socket, or TLS over it.</summary>
internal sealed class TransportOutput(Socket socket, SslStream? tls, TimeProvider time)
{
    private const int LargestTlsPart = 64 * 1024;

    private long _sendStarted;

    /// <summary>When the send that is under way began or last made progress; 0 when none is.</summary>
    public long SendStarted => Volatile.Read(ref _sendStarted);

    /// <summary>Sends all the bytes. One call at a time.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _sendStarted, time.GetTimestamp());
        while (bytes.Length > 0)
        {
            int sent = await SendSomeAsync(bytes).ConfigureAwait(false);
            bytes = bytes[sent..];
            if (bytes.Length > 0)
            {
                // Progress, although not the end: the peer takes bytes.
                Volatile.Write(ref _sendStarted, time.GetTimestamp());
            }
        }

        Volatile.Write(ref _sendStarted, 0);
    }

    /// <summary>Sends a part: over TLS a bounded one, because what becomes of it inside cannot be seen.</summary>
    private async ValueTask<int> SendSomeAsync(ReadOnlyMemory<byte> bytes)
    {
        if (tls is null)
        {
            return await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
        }

        int length = Math.Min(bytes.Length, LargestTlsPart);
        await tls.WriteAsync(bytes[..length]).ConfigureAwait(false);
        return length;
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Abort()
    {
        try
        {
            // A reset, not a polite end: nothing that is still in the kernel's buffer is of use to anyone after this session is over.
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Already closed: nothing left to reset.
        }

        socket.Dispose();
    }
}
