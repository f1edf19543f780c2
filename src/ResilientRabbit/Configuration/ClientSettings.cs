using System.Net;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace ResilientRabbit.Configuration;

/// <summary>The frozen and valid form of <see cref="ResilientRabbitOptions"/>; the names and meanings are the same.</summary>
internal sealed record ClientSettings
{
    /// <summary>Gets the endpoints in the configured order, without exact duplicates, at least one.</summary>
    public required IReadOnlyList<RabbitEndpoint> Endpoints { get; init; }

    /// <summary>Gets the credentials of the endpoints that have their own.</summary>
    public required IReadOnlyDictionary<RabbitEndpoint, UserCredentials> EndpointCredentials { get; init; }

    /// <summary>Gets what stands behind the endpoints, decided by their number unless the options say.</summary>
    public required ConnectionMode ConnectionMode { get; init; }

    public required string VirtualHost { get; init; }

    public required string UserName { get; init; }

    public required string Password { get; init; }

    public required IRabbitCredentialsProvider? CredentialsProvider { get; init; }

    public required SaslMechanism Authentication { get; init; }

    /// <summary>Gets the settings of TLS; null when connections are plain.</summary>
    public required TlsSettings? Tls { get; init; }

    /// <summary>Gets the configured name or that of the entry assembly.</summary>
    public required string ClientName { get; init; }

    public required TimeSpan Heartbeat { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan ReconnectDelay { get; init; }

    public required TimeSpan ReconnectMaxDelay { get; init; }

    public required TimeSpan? ReconnectStep { get; init; }

    public required EndpointOrder EndpointOrder { get; init; }

    /// <summary>Gets how long a connection stays before it looks for a better node; null when it never does.</summary>
    public required TimeSpan? FailBackDelay { get; init; }

    public required TimeSpan MoveTimeout { get; init; }

    public required string NodeNameProperty { get; init; }

    public required INodeNameResolver? NodeNameResolver { get; init; }

    public required IQueueLeaderResolver? QueueLeaderResolver { get; init; }

    public required int MaxInboundMessageSize { get; init; }

    public required TimeSpan RequestTimeout { get; init; }

    public required TimeSpan ShutdownTimeout { get; init; }

    public required PublisherSettings Publisher { get; init; }

    /// <summary>Gets a copy that nobody changes.</summary>
    public required ConsumerDefaults Consumers { get; init; }

    /// <summary>Gets a copy that nobody changes.</summary>
    public required DeclarationDefaults Declarations { get; init; }

    public Action<ConnectionFactory>? ConfigureDriver { get; init; }

    /// <summary>Gets the resolver of names: the system's, except in tests.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = static (name, cancellationToken) => Dns.GetHostAddressesAsync(name, cancellationToken);

    /// <summary>Checks the options by the same rules as the container does, and copies them.</summary>
    /// <exception cref="OptionsValidationException">Lists all problems with their paths, without the value of any secret.</exception>
    public static ClientSettings From(ResilientRabbitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidateOptionsResult result = new ResilientRabbitOptionsValidator().Validate(Options.DefaultName, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(ResilientRabbitOptions), result.Failures);
        }

        EndpointSet set = EndpointSet.Of(options);
        return new ClientSettings
        {
            Endpoints = set.Endpoints,
            EndpointCredentials = set.Credentials,
            ConnectionMode = ModeRules.ModeOf(options, set.Endpoints.Count),
            VirtualHost = set.VirtualHost,
            UserName = options.UserName,
            Password = options.Password,
            CredentialsProvider = options.CredentialsProvider,
            Authentication = options.Authentication,
            Tls = set.IsTls ? TlsSettings.From(options.Tls) : null,
            ClientName = options.ClientName ?? Assembly.GetEntryAssembly()?.GetName().Name ?? nameof(ResilientRabbit),
            Heartbeat = options.Heartbeat,
            ConnectTimeout = options.ConnectTimeout,
            ReconnectDelay = options.ReconnectDelay,
            ReconnectMaxDelay = options.ReconnectMaxDelay,
            ReconnectStep = options.ReconnectStep,
            EndpointOrder = options.EndpointOrder,
            FailBackDelay = options.FailBackDelay,
            MoveTimeout = options.MoveTimeout,
            NodeNameProperty = options.NodeNameProperty,
            NodeNameResolver = options.NodeNameResolver,
            QueueLeaderResolver = options.QueueLeaderResolver,
            MaxInboundMessageSize = options.MaxInboundMessageSize,
            RequestTimeout = options.RequestTimeout,
            ShutdownTimeout = options.ShutdownTimeout,
            Publisher = PublisherSettings.From(options.Publisher),
            Consumers = options.Consumers.Copy(),
            Declarations = options.Declarations.Copy(),
            ConfigureDriver = options.ConfigureDriver,
        };
    }

    /// <summary>The credentials for an endpoint: its own, or those of the client.</summary>
    public UserCredentials CredentialsOf(RabbitEndpoint endpoint)
        => EndpointCredentials.TryGetValue(endpoint, out UserCredentials? own) ? own : new UserCredentials(UserName, Password);

    // Decides what ToString shows: the password is not part of it.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(Tls is null ? "amqp://" : "amqps://").Append(UserName).Append(":***@").AppendJoin(',', Endpoints).Append('/').Append(VirtualHost.TrimStart('/'));
        builder.Append(", ClientName = ").Append(ClientName);
        return true;
    }
}
