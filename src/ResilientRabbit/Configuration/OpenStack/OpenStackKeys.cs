namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The options of oslo.messaging that are understood. To add one, add a line; the order is that of application, so a later one wins.</summary>
internal static class OpenStackKeys
{
    public const string Host = "rabbit_host";
    public const string Hosts = "rabbit_hosts";

    public static readonly IReadOnlyList<OpenStackKey> All =
    [
        // As in oslo: the port of rabbit_host, and of the entries of rabbit_hosts that name none.
        new("rabbit_port", nameof(ResilientRabbitOptions.Port), static (options, text) => ValueText.Integer(text, value => options.Port = value)),
        new(Host, OptionKeys.Endpoints, SetHost),
        new(Hosts, OptionKeys.Endpoints, static (options, text) => EndpointList.ReadText(text, options.Endpoints)),
        new("rabbit_userid", nameof(ResilientRabbitOptions.UserName), static (options, text) => ValueText.Text(text, value => options.UserName = value)),
        new("rabbit_password", nameof(ResilientRabbitOptions.Password), static (options, text) => ValueText.Text(text, value => options.Password = value)),
        new("rabbit_virtual_host", nameof(ResilientRabbitOptions.VirtualHost), static (options, text) => ValueText.Text(text, value => options.VirtualHost = value)),
    ];

    public static bool IsKnown(string key) => All.Any(known => string.Equals(known.Name, key, StringComparison.OrdinalIgnoreCase));

    private static string? SetHost(ResilientRabbitOptions options, string host)
    {
        string address = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        if (HostRules.FindIpv6Problem(address) is null)
        {
            EndpointList.Replace(options.Endpoints, [$"[{address}]"]);
            return null;
        }

        if (host.Contains(':', StringComparison.Ordinal) && HostRules.FindForbiddenCharacter(host) is null)
        {
            return "must be a host without a port; use rabbit_port, or rabbit_hosts for host:port";
        }

        EndpointList.Replace(options.Endpoints, [host]);
        return null;
    }
}
