namespace ResilientRabbit.Configuration;

/// <summary>The keys of a configuration section: the names of the options. A test keeps the lists complete.</summary>
internal static class OptionKeys
{
    public const string Endpoints = nameof(ResilientRabbitOptions.Endpoints);
    public const string Uris = nameof(ResilientRabbitOptions.Uris);
    public const string Tls = nameof(ResilientRabbitOptions.Tls);
    public const string Publisher = nameof(ResilientRabbitOptions.Publisher);
    public const string Consumers = nameof(ResilientRabbitOptions.Consumers);
    public const string Declarations = nameof(ResilientRabbitOptions.Declarations);

    public static readonly IReadOnlyList<OptionKey<ResilientRabbitOptions>> Client =
    [
        new(nameof(ResilientRabbitOptions.Port), static (options, text) => ValueText.Integer(text, value => options.Port = value)),
        new(nameof(ResilientRabbitOptions.ConnectionMode), static (options, text) => ValueText.Name<ConnectionMode>(text, value => options.ConnectionMode = value)),
        new(nameof(ResilientRabbitOptions.ProxyIdleTimeout), static (options, text) => ValueText.Duration(text, value => options.ProxyIdleTimeout = value)),
        new(nameof(ResilientRabbitOptions.VirtualHost), static (options, text) => ValueText.Text(text, value => options.VirtualHost = value)),
        new(nameof(ResilientRabbitOptions.UserName), static (options, text) => ValueText.Text(text, value => options.UserName = value)),
        new(nameof(ResilientRabbitOptions.Password), static (options, text) => ValueText.Text(text, value => options.Password = value)),
        new(nameof(ResilientRabbitOptions.Authentication), static (options, text) => ValueText.Name<SaslMechanism>(text, value => options.Authentication = value)),
        new(nameof(ResilientRabbitOptions.ClientName), static (options, text) => ValueText.Text(text, value => options.ClientName = value)),
        new(nameof(ResilientRabbitOptions.Heartbeat), static (options, text) => ValueText.Duration(text, value => options.Heartbeat = value)),
        new(nameof(ResilientRabbitOptions.ConnectTimeout), static (options, text) => ValueText.Duration(text, value => options.ConnectTimeout = value)),
        new(nameof(ResilientRabbitOptions.ReconnectDelay), static (options, text) => ValueText.Duration(text, value => options.ReconnectDelay = value)),
        new(nameof(ResilientRabbitOptions.ReconnectMaxDelay), static (options, text) => ValueText.Duration(text, value => options.ReconnectMaxDelay = value)),
        new(nameof(ResilientRabbitOptions.ReconnectStep), static (options, text) => ValueText.Duration(text, value => options.ReconnectStep = value)),
        new(nameof(ResilientRabbitOptions.EndpointOrder), static (options, text) => ValueText.Name<EndpointOrder>(text, value => options.EndpointOrder = value)),
        new(nameof(ResilientRabbitOptions.FailBackDelay), static (options, text) => ValueText.Duration(text, value => options.FailBackDelay = value)),
        new(nameof(ResilientRabbitOptions.MoveTimeout), static (options, text) => ValueText.Duration(text, value => options.MoveTimeout = value)),
        new(nameof(ResilientRabbitOptions.NodeNameProperty), static (options, text) => ValueText.Text(text, value => options.NodeNameProperty = value)),
        new(nameof(ResilientRabbitOptions.MaxInboundMessageSize), static (options, text) => ValueText.Integer(text, value => options.MaxInboundMessageSize = value)),
        new(nameof(ResilientRabbitOptions.RequestTimeout), static (options, text) => ValueText.Duration(text, value => options.RequestTimeout = value)),
        new(nameof(ResilientRabbitOptions.ShutdownTimeout), static (options, text) => ValueText.Duration(text, value => options.ShutdownTimeout = value)),
    ];

    public static readonly IReadOnlyList<OptionKey<PublisherOptions>> ForPublisher =
    [
        new(nameof(PublisherOptions.Connections), static (options, text) => ValueText.Integer(text, value => options.Connections = value)),
        new(nameof(PublisherOptions.Lanes), static (options, text) => ValueText.Integer(text, value => options.Lanes = value)),
        new(nameof(PublisherOptions.InFlightWindow), static (options, text) => ValueText.Integer(text, value => options.InFlightWindow = value)),
        new(nameof(PublisherOptions.AdaptiveWindow), static (options, text) => ValueText.Flag(text, value => options.AdaptiveWindow = value)),
        new(nameof(PublisherOptions.InFlightBytes), static (options, text) => ValueText.LongInteger(text, value => options.InFlightBytes = value)),
        new(nameof(PublisherOptions.DeliveryTimeout), static (options, text) => ValueText.Duration(text, value => options.DeliveryTimeout = value)),
        new(nameof(PublisherOptions.ConfirmStallTimeout), static (options, text) => ValueText.Duration(text, value => options.ConfirmStallTimeout = value)),
        new(nameof(PublisherOptions.MaxPendingMessages), static (options, text) => ValueText.Integer(text, value => options.MaxPendingMessages = value)),
        new(nameof(PublisherOptions.MaxPendingBytes), static (options, text) => ValueText.LongInteger(text, value => options.MaxPendingBytes = value)),
        new(nameof(PublisherOptions.MaxMessageSize), static (options, text) => ValueText.Integer(text, value => options.MaxMessageSize = value)),
        new(nameof(PublisherOptions.BufferFull), static (options, text) => ValueText.Name<BufferFullMode>(text, value => options.BufferFull = value)),
        new(nameof(PublisherOptions.Mandatory), static (options, text) => ValueText.Flag(text, value => options.Mandatory = value)),
        new(nameof(PublisherOptions.Persistent), static (options, text) => ValueText.Flag(text, value => options.Persistent = value)),
        new(nameof(PublisherOptions.PreserveOrder), static (options, text) => ValueText.Flag(text, value => options.PreserveOrder = value)),
        new(nameof(PublisherOptions.Packing), static (options, text) => ValueText.Flag(text, value => options.Packing = value)),
        new(nameof(PublisherOptions.PackMaxMessages), static (options, text) => ValueText.Integer(text, value => options.PackMaxMessages = value)),
        new(nameof(PublisherOptions.PackMaxBytes), static (options, text) => ValueText.Integer(text, value => options.PackMaxBytes = value)),
        new(nameof(PublisherOptions.PackMaxMessageBytes), static (options, text) => ValueText.Integer(text, value => options.PackMaxMessageBytes = value)),
        new(nameof(PublisherOptions.PackLinger), static (options, text) => ValueText.Duration(text, value => options.PackLinger = value)),
        new(nameof(PublisherOptions.LeaderRefreshInterval), static (options, text) => ValueText.Duration(text, value => options.LeaderRefreshInterval = value)),
    ];

    public static readonly IReadOnlyList<OptionKey<TlsOptions>> ForTls =
    [
        new(nameof(TlsOptions.Enabled), static (options, text) => ValueText.Flag(text, value => options.Enabled = value)),
        new(nameof(TlsOptions.ServerName), static (options, text) => ValueText.Text(text, value => options.ServerName = value)),
        new(nameof(TlsOptions.CaFile), static (options, text) => ValueText.Text(text, value => options.CaFile = value)),
        new(nameof(TlsOptions.CertificateFile), static (options, text) => ValueText.Text(text, value => options.CertificateFile = value)),
        new(nameof(TlsOptions.KeyFile), static (options, text) => ValueText.Text(text, value => options.KeyFile = value)),
        new(nameof(TlsOptions.KeyPassphrase), static (options, text) => ValueText.Text(text, value => options.KeyPassphrase = value)),
        new(nameof(TlsOptions.Protocols), static (options, text) => ValueText.TlsProtocols(text, value => options.Protocols = value)),
        new(nameof(TlsOptions.VerifyHostName), static (options, text) => ValueText.Flag(text, value => options.VerifyHostName = value)),
        new(nameof(TlsOptions.CheckRevocation), static (options, text) => ValueText.Flag(text, value => options.CheckRevocation = value)),
        new(nameof(TlsOptions.AcceptAnyCertificate), static (options, text) => ValueText.Flag(text, value => options.AcceptAnyCertificate = value)),
        new(nameof(TlsOptions.AllowInsecure), static (options, text) => ValueText.Flag(text, value => options.AllowInsecure = value)),
        new(nameof(TlsOptions.AllowUnusualPort), static (options, text) => ValueText.Flag(text, value => options.AllowUnusualPort = value)),
    ];

    public static readonly IReadOnlyList<OptionKey<ConsumerDefaults>> ForConsumers =
    [
        new(nameof(ConsumerDefaults.Prefetch), static (options, text) => ValueText.Integer(text, value => options.Prefetch = value)),
        new(nameof(ConsumerDefaults.CancelOnFailover), static (options, text) => ValueText.Flag(text, value => options.CancelOnFailover = value)),
        new(nameof(ConsumerDefaults.ResubscribeDelay), static (options, text) => ValueText.Duration(text, value => options.ResubscribeDelay = value)),
        new(nameof(ConsumerDefaults.ResubscribeSplay), static (options, text) => ValueText.Duration(text, value => options.ResubscribeSplay = value)),
    ];

    public static readonly IReadOnlyList<OptionKey<DeclarationDefaults>> ForDeclarations =
    [
        new(nameof(DeclarationDefaults.QueueType), static (options, text) => ValueText.Name<QueueType>(text, value => options.QueueType = value)),
        new(nameof(DeclarationDefaults.TransientQueueType), static (options, text) => ValueText.Name<QueueType>(text, value => options.TransientQueueType = value)),
        new(nameof(DeclarationDefaults.Durable), static (options, text) => ValueText.Flag(text, value => options.Durable = value)),
        new(nameof(DeclarationDefaults.AutoDelete), static (options, text) => ValueText.Flag(text, value => options.AutoDelete = value)),
        new(nameof(DeclarationDefaults.DeliveryLimit), static (options, text) => ValueText.Integer(text, value => options.DeliveryLimit = value)),
        new(nameof(DeclarationDefaults.MaxInMemoryLength), static (options, text) => ValueText.LongInteger(text, value => options.MaxInMemoryLength = value)),
        new(nameof(DeclarationDefaults.MaxInMemoryBytes), static (options, text) => ValueText.LongInteger(text, value => options.MaxInMemoryBytes = value)),
        new(nameof(DeclarationDefaults.TransientQueueExpiry), static (options, text) => ValueText.Duration(text, value => options.TransientQueueExpiry = value)),
        new(nameof(DeclarationDefaults.HaPolicyArgument), static (options, text) => ValueText.Flag(text, value => options.HaPolicyArgument = value)),
    ];
}
