using System.Net.Sockets;

namespace ResilientRabbit.Clusters;

/// <summary>One client's connection through a <see cref="TcpProxy"/> and the one to the target that belongs to it.</summary>
internal sealed class TcpProxyLink(Socket client, Socket server) : IDisposable
{
    private readonly CancellationTokenSource _end = new();

    public async Task RunAsync(TcpProxyDirection clientToServer, TcpProxyDirection serverToClient)
    {
        try
        {
            await Task.WhenAll(
                GuardAsync(clientToServer.PumpAsync(client, server, _end.Token)),
                GuardAsync(serverToClient.PumpAsync(server, client, _end.Token)));
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Closes both sides with a TCP reset.</summary>
    public void Reset()
    {
        foreach (var socket in new[] { client, server })
        {
            TcpReset.Close(socket);
        }

        _end.Cancel();
    }

    public void Dispose()
    {
        _end.Cancel();
        client.Dispose();
        server.Dispose();
    }

    /// <summary>A direction that fails takes the other one with it: half a connection helps nobody.</summary>
    private async Task GuardAsync(Task pump)
    {
        try
        {
            await pump;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Reset();
        }
    }
}
