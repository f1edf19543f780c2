namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>One host of a transport URL. What the URL leaves out is null.</summary>
internal sealed record TransportHost(string Host, int? Port, string? UserName, string? Password)
{
    public RabbitEndpoint Endpoint => new(Host, Port ?? EndpointParser.DefaultPort);

    /// <summary>Gets what the connection uses: the driver below oslo puts <c>guest</c> in the place of whatever is missing or empty.</summary>
    public UserCredentials Credentials => new(string.IsNullOrEmpty(UserName) ? "guest" : UserName, string.IsNullOrEmpty(Password) ? "guest" : Password);

    public bool HasCredentials => !string.IsNullOrEmpty(UserName) && !string.IsNullOrEmpty(Password);

    public override string ToString() => $"{(UserName is null ? "" : UserName + ":***@")}{Endpoint}";
}
