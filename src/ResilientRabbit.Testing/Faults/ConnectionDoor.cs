using System.Net.Sockets;

namespace ResilientRabbit.Testing.Faults;

/// <summary>Where an accepted connection asks whether it is served.</summary>
internal static class ConnectionDoor
{
    /// <summary>To be awaited on the connection's own task: a silent connection waits here.</summary>
    /// <returns>False when a fault has dealt with the socket.</returns>
    public static async ValueTask<bool> AdmitAsync(this FaultEngine faults, Socket socket, CancellationToken cancellationToken)
    {
        if (faults.MatchConnect() is not { } rule)
        {
            return true;
        }

        Task released = rule.Handle.Released;
        rule.Handle.CountFired();
        switch (rule.Action)
        {
            case ConnectAction.Silence:
                await released.WaitAsync(cancellationToken).ConfigureAwait(false);
                return true;
            case ConnectAction.Reset:
                LinkSocket.Reset(socket);
                break;
            case ConnectAction.Send:
                await socket.SendAsync(rule.Bytes, cancellationToken).ConfigureAwait(false);
                await DrainAsync(socket, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await DrainAsync(socket, cancellationToken).ConfigureAwait(false);
                break;
        }

        socket.Dispose();
        return false;
    }

    // Closing a socket with unread bytes sends a reset, which may overtake what was sent.
    private static async Task DrainAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            byte[] buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // The client went first.
        }
    }
}
