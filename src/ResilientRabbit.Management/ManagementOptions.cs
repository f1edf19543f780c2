namespace ResilientRabbit.Management;

/// <summary>Configures a client of the management API.</summary>
/// <remarks>The values are copied when the client is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class ManagementOptions
{
    /// <summary>Gets the addresses, each <c>http://host:port</c> or <c>https://host:port</c>, a path prefix allowed, or <c>host</c> and <c>host:port</c>, which use TLS when <see cref="Tls"/> is enabled.
    /// Without a port 15672 is meant, with TLS 15671. The address that answered last is asked first.</summary>
    /// <value>Empty by default: <c>localhost</c>; with <c>AddManagement</c> the hosts of the client's endpoints.</value>
    public IList<string> Addresses { get; } = [];

    /// <summary>Gets or sets the user.</summary>
    /// <value><c>guest</c> by default.</value>
    public string UserName { get; set; } = "guest";

    /// <summary>Gets or sets the password. It never appears in logs, exceptions or status.</summary>
    /// <value><c>guest</c> by default.</value>
    public string Password { get; set; } = "guest";

    /// <summary>Gets or sets who is asked for user and password at each attempt, instead of the two above.</summary>
    /// <value><see langword="null"/> by default.</value>
    public IRabbitCredentialsProvider? CredentialsProvider { get; set; }

    /// <summary>Gets or sets the virtual host of calls that name none.</summary>
    /// <value><c>/</c> by default.</value>
    public string VirtualHost { get; set; } = "/";

    /// <summary>Gets what is verified, and what we show, where TLS is spoken: the same rules as for AMQP.</summary>
    /// <value>TLS for addresses that begin with <c>https</c> by default; the chain and the host name are verified.</value>
    public TlsOptions Tls { get; } = new();

    /// <summary>Gets or sets how long a connection may take, TLS handshake included.</summary>
    /// <value>3 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Gets or sets how long one attempt of a request may take, from the connection to the end of the answer.</summary>
    /// <value>10 seconds by default; above zero, at most 24 days.</value>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how many times a request is tried that can be repeated (GET, PUT, DELETE), or that was not sent; each address is tried once at least.</summary>
    /// <value>3 by default; 1 to 100.</value>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Gets or sets the pause after all addresses were tried without success. A half of it is random.</summary>
    /// <value>500 milliseconds by default; above zero, at most 24 days.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets the largest answer that is read, in bytes.</summary>
    /// <value>33,554,432 (32 MiB) by default; 1,024 to 1,073,741,824.</value>
    public int MaxResponseSize { get; set; } = 32 * 1024 * 1024;

    /// <summary>Returns the addresses and the user, without any secret.</summary>
    /// <returns>A short text.</returns>
    public override string ToString() => $"{Addresses.Count} addresses as {(CredentialsProvider is null ? UserName : "the provider's user")}";
}
