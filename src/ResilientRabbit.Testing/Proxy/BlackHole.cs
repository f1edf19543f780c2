using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>A port on which somebody listens and nobody is let in: its backlog holds one connection and is full, so the kernel drops every further SYN.</summary>
internal sealed class BlackHole : IDisposable
{
    private readonly Socket _listener;
    private readonly Socket _guest;

    public BlackHole(IPEndPoint endpoint)
    {
        _listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _guest = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(endpoint);
            _listener.Listen(0);
            _guest.Connect(endpoint);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _guest.Dispose();
        _listener.Dispose();
    }
}
