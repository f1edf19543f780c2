namespace ResilientRabbit.Configuration;

/// <summary>The keys of a configuration section: the names of the options. A test keeps the lists complete.</summary>
internal static class OptionKeys
{
    public const string Endpoints = nameof(ResilientRabbitOptions.Endpoints);
    public const string Publisher = nameof(ResilientRabbitOptions.Publisher);

    public static readonly IReadOnlyList<OptionKey<ResilientRabbitOptions>> Client =
    [
        new(nameof(ResilientRabbitOptions.Port), static (options, text) => ValueText.Integer(text, value => options.Port = value)),
        new(nameof(ResilientRabbitOptions.VirtualHost), static (options, text) => ValueText.Text(text, value => options.VirtualHost = value)),
        new(nameof(ResilientRabbitOptions.UserName), static (options, text) => ValueText.Text(text, value => options.UserName = value)),
        new(nameof(ResilientRabbitOptions.Password), static (options, text) => ValueText.Text(text, value => options.Password = value)),
        new(nameof(ResilientRabbitOptions.ClientName), static (options, text) => ValueText.Text(text, value => options.ClientName = value)),
        new(nameof(ResilientRabbitOptions.Heartbeat), static (options, text) => ValueText.Duration(text, value => options.Heartbeat = value)),
        new(nameof(ResilientRabbitOptions.ConnectTimeout), static (options, text) => ValueText.Duration(text, value => options.ConnectTimeout = value)),
        new(nameof(ResilientRabbitOptions.ReconnectDelay), static (options, text) => ValueText.Duration(text, value => options.ReconnectDelay = value)),
        new(nameof(ResilientRabbitOptions.ReconnectMaxDelay), static (options, text) => ValueText.Duration(text, value => options.ReconnectMaxDelay = value)),
        new(nameof(ResilientRabbitOptions.RequestTimeout), static (options, text) => ValueText.Duration(text, value => options.RequestTimeout = value)),
        new(nameof(ResilientRabbitOptions.ShutdownTimeout), static (options, text) => ValueText.Duration(text, value => options.ShutdownTimeout = value)),
    ];

    public static readonly IReadOnlyList<OptionKey<PublisherOptions>> ForPublisher =
    [
        new(nameof(PublisherOptions.Connections), static (options, text) => ValueText.Integer(text, value => options.Connections = value)),
        new(nameof(PublisherOptions.Lanes), static (options, text) => ValueText.Integer(text, value => options.Lanes = value)),
        new(nameof(PublisherOptions.InFlightWindow), static (options, text) => ValueText.Integer(text, value => options.InFlightWindow = value)),
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
    ];
}
