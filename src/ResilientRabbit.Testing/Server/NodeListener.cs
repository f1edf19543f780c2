using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing.Server;

/// <summary>A listening socket of a node, and the loop that accepts.</summary>
internal sealed class NodeListener : IAsyncDisposable
{
    /// <summary>Connections the kernel accepts on behalf of a frozen node.</summary>
    private const int Backlog = 512;

    private readonly BrokerNode _node;
    private readonly X509Certificate2? _certificate;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _handshakes = [];
    private Task _loop = Task.CompletedTask;

    public NodeListener(BrokerNode node, int port, X509Certificate2? certificate)
    {
        _node = node;
        _certificate = certificate;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            _socket.Listen(Backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public void Start() => _loop = AcceptAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _loop.ConfigureAwait(false);
        Task[] handshakes;
        lock (_handshakes)
        {
            handshakes = [.. _handshakes];
        }

        await Task.WhenAll(handshakes).ConfigureAwait(false);
        _stop.Dispose();
    }

    private static string? UserOf(X509Certificate? certificate) =>
        certificate is null ? null : new X509Certificate2(certificate).GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _node.Gates.WaitForThawAsync().WaitAsync(_stop.Token).ConfigureAwait(false);
                Socket socket = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                socket.NoDelay = true;
                Track(ServeAsync(socket));
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that gave up before it was accepted, or too many open files: the next one may do better.
                await Task.Yield();
            }
        }
    }

    private void Track(Task handshake)
    {
        lock (_handshakes)
        {
            _handshakes.RemoveWhere(static done => done.IsCompleted);
            _handshakes.Add(handshake);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            if (!await _node.Faults.AdmitAsync(socket, _stop.Token).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client, or this listener, ended before the fault did.
            socket.Dispose();
            return;
        }

        if (_certificate is null)
        {
            _node.Accept(socket, new NetworkStream(socket, ownsSocket: true), certificateUser: null);
        }
        else
        {
            await SecureAsync(socket).ConfigureAwait(false);
        }
    }

    private async Task SecureAsync(Socket socket)
    {
        SslStream stream = new(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    ClientCertificateRequired = _node.Options.RequireClientCertificate || _node.Options.Mechanisms.Contains("EXTERNAL", StringComparer.Ordinal),
                    RemoteCertificateValidationCallback = Accepts,
                },
                _stop.Token).ConfigureAwait(false);
            _node.Accept(socket, stream, UserOf(stream.RemoteCertificate));
        }
        catch (Exception)
        {
            // Whatever a client did wrong in its handshake: it is the client's to report.
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A test's own certificates have no chain: whom to trust is the option's to say, otherwise whoever holds the key is welcome.
    private bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return !_node.Options.RequireClientCertificate;
        }

        return _node.Options.ValidateClientCertificate is not { } validate || validate(certificate, chain, errors);
    }
}
