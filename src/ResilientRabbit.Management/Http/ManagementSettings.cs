using ResilientRabbit.Configuration;

namespace ResilientRabbit.Management.Http;

/// <summary>The frozen form of valid <see cref="ManagementOptions"/>.</summary>
internal sealed record ManagementSettings
{
    public required IReadOnlyList<ManagementAddress> Addresses { get; init; }

    public required string UserName { get; init; }

    public required string Password { get; init; }

    public required IRabbitCredentialsProvider? CredentialsProvider { get; init; }

    public required string VirtualHost { get; init; }

    public required TlsSettings? Tls { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan RequestTimeout { get; init; }

    public required int MaxAttempts { get; init; }

    public required TimeSpan RetryDelay { get; init; }

    public required int MaxResponseSize { get; init; }

    public static ManagementSettings From(ManagementOptions options)
    {
        IReadOnlyList<ManagementAddress> addresses = AddressesOf(options);
        return new ManagementSettings
        {
            Addresses = addresses,
            UserName = options.UserName,
            Password = options.Password,
            CredentialsProvider = options.CredentialsProvider,
            VirtualHost = options.VirtualHost,
            Tls = addresses.Any(static address => address.IsTls) ? TlsSettings.From(options.Tls, ManagementSection.DefaultPath) : null,
            ConnectTimeout = options.ConnectTimeout,
            RequestTimeout = options.RequestTimeout,
            MaxAttempts = options.MaxAttempts,
            RetryDelay = options.RetryDelay,
            MaxResponseSize = options.MaxResponseSize,
        };
    }

    /// <summary>The addresses that are valid, each once.</summary>
    public static IReadOnlyList<ManagementAddress> AddressesOf(ManagementOptions options)
    {
        IEnumerable<string> texts = options.Addresses.Count > 0 ? options.Addresses : ["localhost"];
        return [.. texts.Select(text => ManagementAddress.TryParse(text, options.Tls.Enabled, out _)).OfType<ManagementAddress>().Distinct()];
    }

    public override string ToString() => string.Join(", ", Addresses);
}
