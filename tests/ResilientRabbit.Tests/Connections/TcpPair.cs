using System.Net;
using System.Net.Sockets;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Tests.Connections;

/// <summary>A transport client and its peer, connected over the loopback interface.</summary>
internal sealed class TcpPair : IDisposable
{
    private TcpPair(TransportClient client, Socket peer)
    {
        Client = client;
        Peer = peer;
    }

    public TransportClient Client { get; }

    public TransportStream Stream => Client.Stream!;

    public Socket Peer { get; }

    public static async Task<TcpPair> OpenAsync(TimeProvider time)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new TransportClient(AddressFamily.InterNetwork, TimeSpan.FromSeconds(10), time);
        Task connecting = client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        Socket peer = await listener.AcceptAsync().WaitAsync(Watch.Limit);
        await connecting.WaitAsync(Watch.Limit);
        return new TcpPair(client, peer);
    }

    public void Dispose()
    {
        Client.Dispose();
        Peer.Dispose();
    }
}
