using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>The one door through which driver connections are made: one resolved address, one deadline, one usable session or an exception.</summary>
internal sealed class DriverConnectionFactory
{
    private static readonly TimeSpan AbandonAfter = TimeSpan.FromSeconds(1);

    /// <summary>An address that moves may answer from elsewhere at any moment, but to a new attempt only: the kernel's second one comes late.</summary>
    private static readonly TimeSpan VirtualIpTcpTimeout = TimeSpan.FromSeconds(1);

    /// <summary>What is unanswered learns that the address has moved when it is sent again, and the kernel doubles that pause: to 3.2 s when 3 s have passed.</summary>
    private static readonly TimeSpan VirtualIpRetransmission = TimeSpan.FromSeconds(1);

    private readonly ClientSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private volatile ClientSettings _access;
    private long _epochs;

    public DriverConnectionFactory(ClientSettings settings, ILogger logger, TimeProvider time)
    {
        _settings = settings;
        _access = settings;
        _logger = logger;
        _time = time;
        Credentials = new CredentialsSource(logger, time);
        Addresses = new HostAddresses(settings, time);
    }

    /// <summary>Who is asked for user and password at each attempt.</summary>
    public CredentialsSource Credentials { get; }

    /// <summary>Who is asked for the addresses of a name at each round.</summary>
    public HostAddresses Addresses { get; }

    /// <summary>Counts what is still being tidied up in the background, for all sessions of this client.</summary>
    public TeardownCounter Teardowns { get; } = new();

    /// <summary>How often a socket has sent the same bytes again: the kernel's count, except in tests.</summary>
    public Func<Socket, int> CountRepeats { private get; init; } = TcpRepeats.Count;

    /// <summary>Takes the credentials and TLS of other settings for the sessions that are opened from now on.</summary>
    public void UseAccessOf(ClientSettings settings) => _access = settings;

    /// <summary>
    /// Opens a session: TCP, TLS, AMQP handshake and a probe channel, or instead of that a spare one for each of so many lanes. When the token is cancelled the socket is closed in
    /// whatever phase it is.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ConnectionException">The endpoint is not in the list any more: what is read of user and password would go to a stranger.</exception>
    /// <exception cref="Exception">Whatever the driver throws; see <see cref="FailureClassifier"/>.</exception>
    public async Task<ConnectionEpoch> OpenAsync(RabbitEndpoint endpoint, IPAddress address, string name, EndpointSelector selector, CancellationToken deadline, int lanes = 0, bool publishes = false)
    {
        TransportClient? transport = null;
        ThrowIfRemoved(endpoint, selector);
        ClientSettings access = _access;
        RabbitCredentials credentials = await Credentials.GetAsync(access, endpoint, deadline).ConfigureAwait(false);

        // Again: a provider may take its time, and answers for the configuration of that moment.
        ThrowIfRemoved(endpoint, selector);
        var replies = new ReplyMask { Host = endpoint.Host };
        bool isMoving = access.ConnectionMode == ConnectionMode.VirtualIp;

        // A message that cannot be routed comes back whole: the driver would end the connection over one that is too large for it, and again after each replay.
        uint largest = (uint)(lanes > 0 || publishes ? Math.Max(_settings.MaxInboundMessageSize, _settings.Publisher.MaxMessageSize) : _settings.MaxInboundMessageSize);
        ConnectionFactory factory = Build(access, credentials, replies, largest, family => transport = new TransportClient(family, _settings.Heartbeat, _time, ClientTls.For(access.Tls, endpoint, replies.Mask), isMoving ? VirtualIpTcpTimeout : null)
        {
            Replies = replies,
            MaxContent = _settings.MaxInboundMessageSize,
            LongestRetransmission = isMoving ? VirtualIpRetransmission : null,
            CountRepeats = isMoving ? CountRepeats : null,
        });

        // The factory's, not the credentials': the application may have set others on the driver.
        replies.Add(factory.Password, factory.UserName);
        using CancellationTokenRegistration kill = deadline.UnsafeRegister(static state => ((Func<TransportClient?>)state!)()?.Abort(), () => transport);
        try
        {
            // No token: cancelling the driver's own way takes five seconds and more (driver issue 1921); closing the socket is immediate.
            var target = new AmqpTcpEndpoint(address.ToString(), endpoint.Port, new SslOption(), largest) { AddressFamily = address.AddressFamily };
#pragma warning disable RS0030 // This is the door.
            Task<IConnection> opening = factory.CreateConnectionAsync([target], name, CancellationToken.None);
#pragma warning restore RS0030
            IConnection connection = await WithBeltAsync(opening, deadline).ConfigureAwait(false);
            var epoch = new ConnectionEpoch(Interlocked.Increment(ref _epochs), endpoint, connection, transport!, _settings, Teardowns, _logger, _time);
            await ProbeAsync(epoch, lanes, deadline).ConfigureAwait(false);
            epoch.StartGuard();
            if (credentials.ExpiresAt is not null)
            {
                Teardowns.Track(new SecretRenewal(epoch, Credentials, access, _logger, _time).RunAsync(name, credentials));
            }

            return epoch;
        }
        catch (Exception exception)
        {
            transport?.Abort();
            if (deadline.IsCancellationRequested && exception is not OperationCanceledException)
            {
                throw new OperationCanceledException("The attempt to connect exceeded its time limit.", exception, deadline);
            }

            if (address.AddressFamily == AddressFamily.InterNetworkV6 && transport?.TcpFault is { } fault)
            {
                // The driver forgets it, and says that the address is no IPv4 one.
                throw new BrokerUnreachableException(fault);
            }

            throw;
        }
    }

    /// <summary>Opens a session at the first of the endpoint's addresses that gives one, each within the time limit of an attempt: a dead one must not use up the time of all.</summary>
    /// <exception cref="Exception">What ended the attempt at the last address, or the endpoint is not in the list any more.</exception>
    public async Task<ConnectionEpoch> OpenAnyAsync(RabbitEndpoint endpoint, string name, EndpointSelector selector, CancellationToken stop, bool publishes = false)
    {
        IPAddress[] addresses = [];
        for (int index = 0; ; index++)
        {
            using var limit = new CancellationTokenSource(_settings.ConnectTimeout, _time);
            using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            try
            {
                addresses = index > 0 ? addresses : await Addresses.FindAsync(endpoint, deadline.Token).ConfigureAwait(false);
                return await OpenAsync(endpoint, addresses[index], name, selector, deadline.Token, publishes: publishes).ConfigureAwait(false);
            }
            catch (Exception) when (index < Math.Min(addresses.Length, HostAddresses.MostInRound) - 1 && !stop.IsCancellationRequested)
            {
                // The next address is another door.
            }
        }
    }

    private static void ThrowIfRemoved(RabbitEndpoint endpoint, EndpointSelector selector)
    {
        if (!selector.Knows(endpoint))
        {
            throw new ConnectionException(ConnectionFailureReason.Unreachable, endpoint.ToString(), $"{endpoint} was removed from the configuration.");
        }
    }

    private static async Task ProbeAsync(ConnectionEpoch epoch, int lanes, CancellationToken deadline)
    {
        try
        {
            // The driver reports success before connection.open-ok (driver issue 1999): only an opened channel proves that the virtual host is ours.
            if (lanes > 0)
            {
                await epoch.Spares.OpenAsync(lanes, deadline).ConfigureAwait(false);
            }
            else
            {
                epoch.Retire(await epoch.OpenChannelAsync(new CreateChannelOptions(false, false), deadline).ConfigureAwait(false));
            }
        }
        catch (Exception exception)
        {
            // The session's own end says more than the failed channel: for example 530 for a missing virtual host.
            ConnectionLoss? loss = epoch.Lost.IsCompleted ? await epoch.Lost.ConfigureAwait(false) : null;
            epoch.Kill(new ConnectionLoss(ConnectionFailureReason.Dropped, "The probe channel could not be opened.", Cause: exception));
            if (loss is not null && !deadline.IsCancellationRequested)
            {
                throw ConnectFailures.Explain(epoch.Endpoint.ToString(), loss, exception);
            }

            throw;
        }
    }

    private async Task<IConnection> WithBeltAsync(Task<IConnection> opening, CancellationToken deadline)
    {
        using var belt = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenRegistration registration = deadline.UnsafeRegister(
            static state => ((CancellationTokenSource)state!).CancelAfter(AbandonAfter), belt);
        try
        {
            return await opening.WaitAsync(belt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!opening.IsCompleted)
        {
            Teardowns.Track(DisposeLateAsync(opening));
            throw;
        }
    }

    private static async Task DisposeLateAsync(Task<IConnection> opening)
    {
        try
        {
            IConnection connection = await opening.ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The attempt was given up and reported as timed out: how it ends afterwards is of no interest.
        }
    }

    private ConnectionFactory Build(ClientSettings access, RabbitCredentials credentials, ReplyMask replies, uint largest, Func<AddressFamily, ITcpClient> socketFactory)
    {
#pragma warning disable RS0030 // This is the door.
        var factory = new ConnectionFactory
#pragma warning restore RS0030
        {
            UserName = credentials.UserName,
            Password = credentials.Password,
            VirtualHost = _settings.VirtualHost,
            AuthMechanisms = [access.Authentication == SaslMechanism.External ? new ExternalMechanismFactory() : new PlainMechanismFactory()],
        };
        _settings.ConfigureDriver?.Invoke(factory);
        if (factory.CredentialsProvider is { } own)
        {
            factory.CredentialsProvider = new MaskedCredentials(own, replies);
        }

        // After the escape hatch: two recoveries at once fight, and the driver's own loses messages and consumers.
        factory.AutomaticRecoveryEnabled = false;
        factory.TopologyRecoveryEnabled = false;
        factory.RequestedHeartbeat = _settings.Heartbeat;
        factory.RequestedConnectionTimeout = _settings.ConnectTimeout;
        factory.HandshakeContinuationTimeout = _settings.ConnectTimeout;
        factory.ContinuationTimeout = _settings.RequestTimeout;
        factory.MaxInboundMessageBodySize = largest;
        factory.SocketFactory = socketFactory;
        factory.ClientProperties["sdk"] = "ResilientRabbit " + Version;
        return factory;
    }

    private static string Version { get; } = typeof(DriverConnectionFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Credentials that the application has given to the driver itself: a broker may echo them like ours. They are known when the driver asks, which is after connection.start.</summary>
    private sealed class MaskedCredentials(ICredentialsProvider inner, ReplyMask replies) : ICredentialsProvider
    {
        public string Name => inner.Name;

        public async Task<Credentials> GetCredentialsAsync(CancellationToken cancellationToken = default)
        {
            Credentials credentials = await inner.GetCredentialsAsync(cancellationToken).ConfigureAwait(false);
            replies.Add(credentials.Password, credentials.UserName);
            return credentials;
        }
    }
}
