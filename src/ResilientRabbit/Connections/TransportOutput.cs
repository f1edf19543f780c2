using System.Net.Security;
using System.Net.Sockets;

namespace ResilientRabbit.Connections;

/// <summary>The way out of this process: the socket, or TLS over it.</summary>
internal sealed class TransportOutput(Socket socket, SslStream? tls, TimeProvider time)
{
    private long _sendStarted;

    /// <summary>When the send that is under way began or last made progress; 0 when none is.</summary>
    public long SendStarted => Volatile.Read(ref _sendStarted);

    /// <summary>Sends all the bytes. One call at a time.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _sendStarted, time.GetTimestamp());
        if (tls is not null)
        {
            await tls.WriteAsync(bytes).ConfigureAwait(false);
            bytes = default;
        }

        while (bytes.Length > 0)
        {
            int sent = await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[sent..];
            if (bytes.Length > 0)
            {
                // Progress, although not the end: the peer takes bytes.
                Volatile.Write(ref _sendStarted, time.GetTimestamp());
            }
        }

        Volatile.Write(ref _sendStarted, 0);
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
