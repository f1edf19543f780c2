using System.Globalization;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Server;

namespace ResilientRabbit.Testing;

/// <summary>
/// An AMQP 0-9-1 broker inside the test's process, over real sockets on 127.0.0.1, that behaves like RabbitMQ 3.10.8. Starts in milliseconds,
/// keeps everything in memory, and can be killed, frozen, blocked and looked into.
/// </summary>
/// <remarks>
/// Thread-safe. Everything in it happens in turns, one at a time: after a frame, a word of the test, or a time to live that has run out. Its own
/// words (<see cref="KillAsync"/> and so on) have happened when their task completes. Confirms tell the truth as RabbitMQ's do: a message that
/// was confirmed is in its queues, and durable queues keep persistent messages over <see cref="KillAsync"/> and <see cref="RestartAsync"/>.
/// </remarks>
/// <example>
/// <code>
/// await using TestBroker broker = await TestBroker.StartAsync();
/// // connect to broker.Endpoint as broker.UserName with broker.Password, publish to "orders"
/// await broker.WaitForAsync(b => b.Queue("orders")?.Messages == 1, TimeSpan.FromSeconds(10));
/// </code>
/// </example>
public sealed partial class TestBroker : IAsyncDisposable
{
    private readonly bool _ownsHost;
    private int _disposed;

    internal TestBroker(BrokerNode node, bool ownsHost)
    {
        Node = node;
        _ownsHost = ownsHost;
        Faults = new FaultSet(node.Faults);
    }

    /// <summary>The address it listens on.</summary>
    public string Host { get; } = "127.0.0.1";

    /// <summary>The port of its plain listener. Stays the same over a restart.</summary>
    public int Port => Node.Port;

    /// <summary>The port of its TLS listener; null without one.</summary>
    public int? TlsPort => Node.TlsPort;

    /// <summary>Address and port of the plain listener, as in <c>127.0.0.1:5672</c>.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Address and port of the TLS listener; null without one.</summary>
    public string? TlsEndpoint => TlsPort is { } port ? string.Create(CultureInfo.InvariantCulture, $"{Host}:{port}") : null;

    /// <summary>The name of the node.</summary>
    public string NodeName => Node.Member.Name;

    /// <summary>The first user of the options; null when there is none.</summary>
    public string? UserName => Node.Options.Users.Count > 0 ? Node.Options.Users[0].Name : null;

    /// <summary>The password of the first user of the options; null when there is none.</summary>
    public string? Password => Node.Options.Users.Count > 0 ? Node.Options.Users[0].Password : null;

    /// <summary>Whether it listens: neither killed nor paused.</summary>
    public bool IsRunning => Node.IsListening;

    /// <summary>Exceptions that the broker did not expect of itself: a bug of this package. Empty in a healthy test.</summary>
    public IReadOnlyList<Exception> Errors => Node.Errors;

    /// <summary>Whether connection.update-secret is refused with 530.</summary>
    /// <value>Default: false.</value>
    public bool RefusesSecretUpdates
    {
        get => Node.RefusesSecrets;
        set => Node.RefusesSecrets = value;
    }

    /// <summary>The last secret that a client sent with connection.update-secret; null when none was sent.</summary>
    public string? LastUpdatedSecret => Node.LastSecret;

    /// <summary>The faults that clients of this broker meet. They outlive a restart.</summary>
    public FaultSet Faults { get; }

    /// <summary>What happens to the publishes that come next, one by one: short for <see cref="FaultSet.OnPublish"/>.</summary>
    public PublishScript OnPublish => Faults.OnPublish;

    /// <summary>What went over the wire.</summary>
    /// <exception cref="InvalidOperationException"><see cref="TestBrokerOptions.KeepJournal"/> is off.</exception>
    public FrameJournal Journal => Node.Journal ?? throw new InvalidOperationException("This broker keeps no journal: TestBrokerOptions.KeepJournal is off.");

    internal BrokerNode Node { get; }

    /// <summary>Starts a broker.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Not needed: starting waits for nothing.</param>
    /// <returns>The broker, listening.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public static Task<TestBroker> StartAsync(TestBrokerOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new TestBrokerOptions();
        ClusterHost host = HostFactory.Create(options, [options.NodeName ?? "rabbit@test-1"]);
        BrokerNode node = new(host, host.Model.Nodes[0], options);
        host.Nodes.Add(node);
        node.Listen();
        return Task.FromResult(new TestBroker(node, ownsHost: true));
    }

    /// <summary>Completes when the condition holds, which is looked at after every turn of the broker: nothing is polled.</summary>
    /// <param name="condition">The condition. It may look into the broker; it must not wait, and must not change anything.</param>
    /// <param name="bound">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that completes when the condition holds.</returns>
    /// <exception cref="TimeoutException">It did not hold within <paramref name="bound"/>.</exception>
    public Task WaitForAsync(Func<TestBroker, bool> condition, TimeSpan bound, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Node.Host.WaitForAsync(() => condition(this), bound, cancellationToken);
    }

    /// <summary>All connections to this node.</summary>
    /// <returns>The connections, oldest first.</returns>
    public IReadOnlyList<ConnectionInfo> Connections() => Inspection.Connections(Node);

    /// <summary>All queues.</summary>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>The queues, by name.</returns>
    public IReadOnlyList<QueueInfo> Queues(string virtualHost = "/") => Inspection.Queues(Node.Host, virtualHost);

    /// <summary>One queue.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>The queue; null when there is none.</returns>
    public QueueInfo? Queue(string name, string virtualHost = "/") => Inspection.Queue(Node.Host, name, virtualHost);

    /// <summary>All exchanges, RabbitMQ's own included.</summary>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>The exchanges, by name.</returns>
    public IReadOnlyList<ExchangeInfo> Exchanges(string virtualHost = "/") => Inspection.Exchanges(Node.Host, virtualHost);

    /// <summary>All bindings that were made.</summary>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>The bindings, by exchange.</returns>
    public IReadOnlyList<BindingInfo> Bindings(string virtualHost = "/") => Inspection.Bindings(Node.Host, virtualHost);

    /// <summary>What is in a queue now: first what is held unacknowledged, then what is ready, in order. Nothing is taken out.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>A copy; empty when there is no such queue.</returns>
    public IReadOnlyList<BrokerMessage> GetMessages(string queue, string virtualHost = "/") => Inspection.Messages(Node.Host, queue, virtualHost);

    /// <summary>Publishes a message past all connections, with the broker's own rights.</summary>
    /// <param name="message">The message.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>A task whose result is the number of queues it was routed to.</returns>
    /// <exception cref="InvalidOperationException">There is no such virtual host or exchange.</exception>
    public Task<int> PublishAsync(BrokerMessage message, string virtualHost = "/")
    {
        ArgumentNullException.ThrowIfNull(message);
        return Task.FromResult(BrokerWords.Publish(Node.Host, message, virtualHost));
    }

    /// <summary>Publishes to a queue by the default exchange.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="body">The body.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>A task whose result is 1 when the queue exists, else 0.</returns>
    public Task<int> PublishAsync(string queue, ReadOnlyMemory<byte> body, string virtualHost = "/") =>
        PublishAsync(new BrokerMessage { RoutingKey = queue, Body = body }, virtualHost);

    /// <summary>Deletes a queue as an operator does: its consumers get a basic.cancel.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>A task whose result tells whether there was one.</returns>
    public Task<bool> DeleteQueueAsync(string queue, string virtualHost = "/") => Task.FromResult(BrokerWords.DeleteQueue(Node.Host, queue, virtualHost));

    /// <summary>Cancels all consumers of a queue with a basic.cancel; the queue stays.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>A task whose result is the number of consumers cancelled.</returns>
    public Task<int> CancelConsumersAsync(string queue, string virtualHost = "/") => Task.FromResult(BrokerWords.CancelConsumers(Node.Host, queue, virtualHost));

    /// <summary>Adds a user, or replaces one with another password and other rights. Open connections have the new rights from their next request on.</summary>
    /// <param name="user">The user.</param>
    public void SetUser(TestBrokerUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        Node.Host.Turn((Node.Host, user), static both => HostFactory.AddUser(both.Host.Model, both.user));
    }

    /// <summary>Adds a virtual host. Users without a list of virtual hosts of their own may enter it.</summary>
    /// <param name="name">Its name.</param>
    public void AddVirtualHost(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Node.Host.Turn((Node, name), static both => HostFactory.AddVirtualHost(both.Node.Host.Model, both.Node.Options, both.name));
    }

    /// <summary>Sets a policy, on the queues and exchanges that exist and on those to come. It holds for the whole cluster.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <exception cref="ArgumentException">RabbitMQ has no such key, a value has the wrong type, or the pattern is no regular expression.</exception>
    /// <exception cref="InvalidOperationException">There is no such virtual host.</exception>
    public void SetPolicy(TestBrokerPolicy policy, string virtualHost = "/")
    {
        ArgumentNullException.ThrowIfNull(policy);
        BrokerWords.SetPolicy(Node.Host, new Policy(policy), virtualHost);
    }

    /// <summary>Removes a policy; what it acted on goes by its arguments again, or by the next policy that matches.</summary>
    /// <param name="name">The policy's name.</param>
    /// <param name="virtualHost">The virtual host.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidOperationException">There is no such virtual host.</exception>
    public bool RemovePolicy(string name, string virtualHost = "/") => BrokerWords.RemovePolicy(Node.Host, name, virtualHost);

    /// <summary>Closes all sockets and forgets everything. Safe to call again.</summary>
    /// <returns>A task that completes when nothing of the broker is left.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await Node.DropEverythingAsync(died: false).ConfigureAwait(false);
            if (_ownsHost)
            {
                Node.Host.Dispose();
            }
        }
    }
}
