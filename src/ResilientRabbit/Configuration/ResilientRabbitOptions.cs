using RabbitMQ.Client;
using ResilientRabbit.Configuration;

namespace ResilientRabbit;

/// <summary>Configures one <see cref="IRabbitClient"/>: where the brokers are, how failures are noticed, how much may be pending.</summary>
/// <remarks>The values are copied when the client is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class ResilientRabbitOptions
{
    /// <summary>Gets the addresses of the brokers: each entry is <c>host</c>, <c>host:port</c> or <c>[ipv6]:port</c>.</summary>
    /// <value>Empty by default, which means <c>localhost</c>. Several entries are several nodes of one cluster; a single entry may be a node, a proxy or a virtual IP.</value>
    public IList<string> Endpoints { get; } = [];

    /// <summary>Gets the addresses as URIs instead, one per host: <c>amqp://user:password@host:port/virtual_host</c>, or <c>amqps://</c> for TLS. Parsed strictly; secrets in them never appear in logs, exceptions or status.</summary>
    /// <value>Empty by default. Not together with <see cref="Endpoints"/>. Each URI may have credentials of its own; all have the same scheme and virtual host. Default ports: 5672, and 5671 for <c>amqps</c>.</value>
    public IList<string> Uris { get; } = [];

    /// <summary>Gets or sets the TCP port of the endpoints that name none.</summary>
    /// <value>5672 by default; 1 to 65535.</value>
    public int Port { get; set; } = 5672;

    /// <summary>Gets or sets what stands behind the endpoints: nodes, proxies or an address that moves.</summary>
    /// <value><see langword="null"/> by default: <see cref="ConnectionMode.LoadBalancer"/> for a single endpoint, <see cref="ConnectionMode.NodeList"/> for several.</value>
    public ConnectionMode? ConnectionMode { get; set; }

    /// <summary>Gets or sets after how long a proxy or firewall on the way cuts connections on which nothing is sent, as its operator has set it (HAProxy's <c>timeout client</c> and <c>timeout server</c>, the smaller one). The heartbeat must be below it.</summary>
    /// <value><see langword="null"/> by default: unknown, nothing is checked. Otherwise above zero, at most 24 days.</value>
    public TimeSpan? ProxyIdleTimeout { get; set; }

    /// <summary>Gets or sets the virtual host.</summary>
    /// <value><c>/</c> by default; not empty, at most 255 bytes in UTF-8.</value>
    public string VirtualHost { get; set; } = "/";

    /// <summary>Gets or sets the user name.</summary>
    /// <value><c>guest</c> by default.</value>
    public string UserName { get; set; } = "guest";

    /// <summary>Gets or sets the password. It never appears in logs, exceptions or status.</summary>
    /// <value><c>guest</c> by default.</value>
    public string Password { get; set; } = "guest";

    /// <summary>Gets or sets who is asked for user name and password at each attempt to connect, instead of <see cref="UserName"/> and <see cref="Password"/>; also instead of those in <see cref="Uris"/>.</summary>
    /// <value><see langword="null"/> by default. Not together with <see cref="SaslMechanism.External"/>.</value>
    public IRabbitCredentialsProvider? CredentialsProvider { get; set; }

    /// <summary>Gets or sets how the client proves who it is.</summary>
    /// <value><see cref="SaslMechanism.Plain"/> by default. <see cref="SaslMechanism.External"/> needs a client certificate.</value>
    public SaslMechanism Authentication { get; set; } = SaslMechanism.Plain;

    /// <summary>Gets the options of TLS.</summary>
    public TlsOptions Tls { get; } = new();

    /// <summary>Gets or sets the name under which the connections appear at the broker; <c>:publish</c> or <c>:consume</c> is appended.</summary>
    /// <value>The name of the entry assembly by default; at most 3,000 characters, no control characters, no <c>://</c>.</value>
    public string? ClientName { get; set; }

    /// <summary>Gets or sets the heartbeat that is proposed to the broker, in whole seconds. A silent broker is noticed after at most 1.2 times the negotiated value or the value plus 500 ms.</summary>
    /// <value>10 seconds by default; whole seconds, 1 to 65,535.</value>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the time limit of one connection attempt to one address: TCP, AMQP handshake and the opening of a channel together.</summary>
    /// <value>5 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the base of the delay between attempts to reconnect. The first attempt after a loss is made at once, the next ones wait exponentially longer, with jitter.</summary>
    /// <value>100 milliseconds by default; above zero, at most <see cref="ReconnectMaxDelay"/>.</value>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the longest delay between attempts to reconnect; refused credentials, virtual hosts and permissions are retried at this pace from the start.</summary>
    /// <value>5 seconds by default, with jitter from half of it on; above zero, at most 24 days.</value>
    public TimeSpan ReconnectMaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets by how much the delay between attempts grows each time, instead of doubling. Then there is one pause for each round of all endpoints, up to a tenth longer at random.</summary>
    /// <value><see langword="null"/> by default: the delay grows exponentially. Otherwise zero to 24 days.</value>
    public TimeSpan? ReconnectStep { get; set; }

    /// <summary>Gets or sets in which order endpoints are tried.</summary>
    /// <value><see cref="EndpointOrder.RoundRobin"/> by default.</value>
    public EndpointOrder EndpointOrder { get; set; } = EndpointOrder.RoundRobin;

    /// <summary>Gets or sets how long a connection stays where it is before it looks whether it can leave a node that it shares for one that is free again, or with <see cref="EndpointOrder.Ordered"/> for one that comes earlier, up to a quarter longer at random. Only publish connections move, and only while nothing is unanswered on the lane that moves: no message is sent twice for it. Meaningless with <see cref="ConnectionMode.LoadBalancer"/>.</summary>
    /// <value><see langword="null"/> by default: connections stay where they are. Otherwise 1 second to 24 days.</value>
    public TimeSpan? FailBackDelay { get; set; }

    /// <summary>Gets or sets how long a connection to an endpoint that was removed from the configuration may take to be left without a message sent or handled twice. Then it is closed by force, which counts as a loss.</summary>
    /// <value>30 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan MoveTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets the server property in which the operator tells the node's name; RabbitMQ tells none by itself.</summary>
    /// <value><c>node</c> by default; not empty, at most 255 bytes in UTF-8.</value>
    public string NodeNameProperty { get; set; } = "node";

    /// <summary>Gets or sets who is asked for the name of the node behind a new connection when the server property does not tell it.</summary>
    /// <value><see langword="null"/> by default: the name stays unknown.</value>
    public INodeNameResolver? NodeNameResolver { get; set; }

    /// <summary>Gets or sets who tells which node leads a queue, so that each publish lane goes through the connection to the node that leads most of what it writes, where there is one: set
    /// <see cref="PublisherOptions.Connections"/> to the number of nodes. Lanes change over only while nothing is unanswered: nothing is sent twice for it, and order is kept. Needs
    /// <see cref="ConnectionMode.NodeList"/> and names of nodes (<see cref="NodeNameResolver"/> or <see cref="NodeNameProperty"/>).</summary>
    /// <value><see langword="null"/> by default: lanes stay at their connections.</value>
    public IQueueLeaderResolver? QueueLeaderResolver { get; set; }

    /// <summary>
    /// Gets or sets the largest message body that is received, in bytes. A larger one is thrown away as it comes and its delivery settled without it: it goes to the queue's dead-letter
    /// exchange where the SDK knows of one, otherwise it stays unsettled in its queue (see <see cref="ConsumerOptions.DeadLetterBy"/>). A broker whose frame claims to be larger, or that
    /// claims more than 512 MiB, loses the connection.
    /// </summary>
    /// <value>64 MiB by default; 1 byte to 512 MiB. Brokers accept messages up to 128 MiB (3.10) or 16 MiB (4.x) unless configured otherwise.</value>
    public int MaxInboundMessageSize { get; set; } = 64 * 1024 * 1024;

    /// <summary>Gets or sets the time limit of one request to the broker on an open channel (opening a channel, declaring, subscribing).</summary>
    /// <value>10 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how long disposing the client waits for pending messages and running handlers; afterwards what is left gets its honest outcome.</summary>
    /// <value>10 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the options of the publisher.</summary>
    public PublisherOptions Publisher { get; } = new();

    /// <summary>Gets what subscriptions use unless their own options say otherwise.</summary>
    public ConsumerDefaults Consumers { get; } = new();

    /// <summary>Gets what declarations use where a description leaves it open.</summary>
    public DeclarationDefaults Declarations { get; } = new();

    /// <summary>Gets or sets the escape hatch to the driver: called with each connection factory that the SDK has built, just before it is used.</summary>
    /// <value><see langword="null"/> by default. Recovery, the socket factory, the endpoint with its TLS and the heartbeat are owned by the SDK: what is set there is overwritten.</value>
    public Action<ConnectionFactory>? ConfigureDriver { get; set; }

    /// <summary>Returns the address without the password.</summary>
    /// <returns>For example <c>amqp://nova:***@node-1,node-2/openstack</c>.</returns>
    public override string ToString()
        => Uris.Count > 0
            ? string.Join(' ', Uris.Select(Masked))
            : $"{(Tls.Enabled ? "amqps" : "amqp")}://{UserName}:***@{(Endpoints.Count == 0 ? "localhost" : string.Join(',', Endpoints.Select(WithoutUserInfo)))}/{VirtualHost?.TrimStart('/')}";

    // What cannot be parsed is not shown at all: nobody knows where the password is in it.
    private static string Masked(string? uri) => AmqpUriParser.TryParse(uri, out AmqpUri? parsed) is null ? parsed!.ToString() : "(a URI that is not valid)";

    // An endpoint with credentials is refused, but ToString may be called before that.
    private static string WithoutUserInfo(string? endpoint)
        => endpoint?.LastIndexOf('@') is int at and >= 0 ? "***" + endpoint[at..] : endpoint ?? "";
}
