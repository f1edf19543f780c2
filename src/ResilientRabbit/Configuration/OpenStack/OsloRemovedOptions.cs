namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The options that oslo.messaging removed in version 9 and that old files and operators' habits still hold. They count where there is no transport URL.</summary>
internal static class OsloRemovedOptions
{
    private const string Modern = "[DEFAULT] transport_url = rabbit://user:password@host:port/virtual_host";

    public static readonly OsloOption Host = New("rabbit_host", OsloKind.Text, "localhost", "The host, where there is neither transport_url nor rabbit_hosts.");

    public static readonly OsloOption Port = New("rabbit_port", OsloKind.Port, "5672", "The port of rabbit_host, and of the entries of rabbit_hosts that name none.");

    public static readonly OsloOption Hosts = New("rabbit_hosts", OsloKind.List, "$rabbit_host:$rabbit_port", "The hosts, where there is no transport_url; wins over rabbit_host.");

    public static readonly OsloOption UserId = New("rabbit_userid", OsloKind.Text, "guest", "The user name, where there is no transport_url.");

    public static readonly OsloOption Password = New("rabbit_password", OsloKind.Text, "guest", "The password, where there is no transport_url.") with { IsSecret = true };

    public static readonly OsloOption VirtualHost = New("rabbit_virtual_host", OsloKind.Text, "/", "The virtual host, where there is no transport_url.");

    public static readonly OsloOption MaxRetries = New("rabbit_max_retries", OsloKind.Integer, "0", "Connecting never gives up; the delivery time-out of a message and the caller's token end the waiting.") with
    {
        Fate = OsloKeyFate.WithoutEffect,
        Modern = "nothing: it has no successor",
    };

    public static readonly IReadOnlyList<OsloOption> All = [Host, Port, Hosts, UserId, Password, VirtualHost, MaxRetries];

    /// <summary>The six that together say what a transport URL says.</summary>
    public static readonly IReadOnlyList<OsloOption> Address = [Host, Port, Hosts, UserId, Password, VirtualHost];

    private static OsloOption New(string name, OsloKind kind, string value, string effect)
        => new(OsloOptions.Rabbit, name, kind, value, OsloKeyFate.Applied, effect) { Deprecated = [(OsloEntry.DefaultGroup, name)], Modern = Modern };
}
