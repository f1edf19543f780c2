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

    public required string VirtualHost { get; init; }

    public required string UserName { get; init; }

    public required string Password { get; init; }

    /// <summary>Gets the configured name or that of the entry assembly.</summary>
    public required string ClientName { get; init; }

    public required TimeSpan Heartbeat { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan ReconnectDelay { get; init; }

    public required TimeSpan ReconnectMaxDelay { get; init; }

    public required TimeSpan RequestTimeout { get; init; }

    public required TimeSpan ShutdownTimeout { get; init; }

    public required PublisherSettings Publisher { get; init; }

    public Action<ConnectionFactory>? ConfigureDriver { get; init; }

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

        return new ClientSettings
        {
            Endpoints = EndpointsOf(options),
            VirtualHost = options.VirtualHost,
            UserName = options.UserName,
            Password = options.Password,
            ClientName = options.ClientName ?? Assembly.GetEntryAssembly()?.GetName().Name ?? nameof(ResilientRabbit),
            Heartbeat = options.Heartbeat,
            ConnectTimeout = options.ConnectTimeout,
            ReconnectDelay = options.ReconnectDelay,
            ReconnectMaxDelay = options.ReconnectMaxDelay,
            RequestTimeout = options.RequestTimeout,
            ShutdownTimeout = options.ShutdownTimeout,
            Publisher = PublisherSettings.From(options.Publisher),
            ConfigureDriver = options.ConfigureDriver,
        };
    }

    private static List<RabbitEndpoint> EndpointsOf(ResilientRabbitOptions options)
    {
        List<RabbitEndpoint> endpoints = [];
        foreach (string text in options.Endpoints)
        {
            if (EndpointParser.TryParse(text, options.Port, out RabbitEndpoint endpoint, out _) && !endpoints.Contains(endpoint))
            {
                endpoints.Add(endpoint);
            }
        }

        return endpoints.Count > 0 ? endpoints : [new RabbitEndpoint("localhost", options.Port)];
    }

    // Decides what ToString shows: the password is not part of it.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("amqp://").Append(UserName).Append(":***@").AppendJoin(',', Endpoints).Append('/').Append(VirtualHost.TrimStart('/'));
        builder.Append(", ClientName = ").Append(ClientName);
        return true;
    }
}
