using System.Net.Sockets;
using System.Text;
using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>One node: its listeners and its connections.</summary>
internal sealed class BrokerNode(ClusterHost host, ModelNode member, TestBrokerOptions options, bool anyPort = false)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ServerConnection, Task> _connections = [];
    private readonly List<NodeListener> _listeners = [];
    private readonly List<Exception> _errors = [];
    private int _lastNumber;

    public ClusterHost Host { get; } = host;

    public ModelNode Member { get; } = member;

    public TestBrokerOptions Options { get; } = options;

    public NodeGates Gates { get; } = new();

    public FaultEngine Faults { get; } = new();

    public FrameJournal? Journal { get; } = options is { KeepJournal: true, AckOnly: false } ? new FrameJournal(TimeProvider.System, options.JournalCapacity) : null;

    public int Port { get; private set; } = anyPort ? 0 : options.Port;

    public int? TlsPort { get; private set; } = anyPort ? null : options.TlsPort;

    /// <summary>Whether connection.update-secret is refused.</summary>
    public bool RefusesSecrets { get; set; }

    /// <summary>The last secret a client sent with connection.update-secret.</summary>
    public string? LastSecret { get; private set; }

    public bool IsListening { get; private set; }

    /// <summary>Bugs of the broker that were caught; a test that sees one has found it.</summary>
    public IReadOnlyList<Exception> Errors
    {
        get
        {
            lock (_gate)
            {
                return [.. _errors];
            }
        }
    }

    public ServerConnection[] Connections()
    {
        lock (_gate)
        {
            return [.. _connections.Keys];
        }
    }

    /// <summary>Begins to listen; on the same ports as before, if it did before.</summary>
    /// <param name="ready">Done when the ports are ours and before anybody is let in.</param>
    public void Listen(Action? ready = null)
    {
        Gates.OpenForGood(value: false);
        NodeListener plain = new(this, Port, certificate: null);
        Port = plain.Port;
        _listeners.Add(plain);
        if (Options.ServerCertificate is { } certificate)
        {
            NodeListener secure = new(this, TlsPort ?? 0, certificate);
            TlsPort = secure.Port;
            _listeners.Add(secure);
        }

        ready?.Invoke();
        IsListening = true;
        foreach (NodeListener listener in _listeners)
        {
            listener.Start();
        }
    }

    /// <summary>Stops listening.</summary>
    public async Task StopListeningAsync()
    {
        IsListening = false;
        NodeListener[] listeners = [.. _listeners];
        _listeners.Clear();
        foreach (NodeListener listener in listeners)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>All sockets end at once, with a reset; the listeners first.</summary>
    /// <param name="died">Whether the node is to be down afterwards, for the rest of the cluster to see.</param>
    public async Task DropEverythingAsync(bool died)
    {
        Task listeners = StopListeningAsync();
        ServerConnection[] connections = Connections();
        foreach (ServerConnection connection in connections)
        {
            connection.Reset();
        }

        Host.Turn((this, connections, died), static word => word.Item1.Die(word.connections, word.died));
        Gates.OpenForGood(value: true);
        await listeners.ConfigureAwait(false);

        // A connection may have been accepted while the listeners were closing.
        Task[] left;
        lock (_gate)
        {
            left = [.. _connections.Values];
        }

        foreach (ServerConnection connection in Connections())
        {
            connection.Reset();
        }

        await Task.WhenAll(left).ConfigureAwait(false);
    }

    private void Die(ServerConnection[] connections, bool died)
    {
        // Everything at once: nothing that one connection gives back goes to another that is about to die, or to a queue that is.
        Host.Model.HoldsDeliveries = died;
        foreach (ServerConnection connection in connections)
        {
            connection.Die();
        }

        Host.Model.HoldsDeliveries = false;
        if (died)
        {
            Member.IsUp = false;
            Member.IsPaused = false;
            Host.Model.Cluster.Stopped();
        }
    }

    /// <summary>Serves a connection that was accepted. It is the node's from now on.</summary>
    public void Accept(Socket socket, Stream stream, string? certificateUser)
    {
        ServerConnection connection;
        lock (_gate)
        {
            AmqpLink link = new(socket, stream, ++_lastNumber, Faults, Journal);
            connection = new ServerConnection(this, link, $"{socket.RemoteEndPoint} -> {socket.LocalEndPoint}", certificateUser);
            _connections.Add(connection, Task.CompletedTask);
        }

        Task run = Task.Run(connection.RunAsync);
        lock (_gate)
        {
            if (_connections.ContainsKey(connection))
            {
                _connections[connection] = run;
            }
        }
    }

    public void Forget(ServerConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }

        // Whoever waits for the connection to be gone looks again.
        Host.Turn(this, static _ => { });
    }

    public void Report(Exception exception)
    {
        lock (_gate)
        {
            _errors.Add(exception);
        }
    }

    public void SecretUpdated(ServerConnection connection, byte[] secret)
    {
        _ = connection;
        LastSecret = Encoding.UTF8.GetString(secret);
    }
}
