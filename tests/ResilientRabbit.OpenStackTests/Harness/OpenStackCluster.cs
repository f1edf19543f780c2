using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>One real mirrored cluster of three nodes behind HAProxy on port 5670; the first node speaks TLS as well.</summary>
public sealed class OpenStackCluster : IAsyncLifetime
{
    public const int ProxyPort = 5670;

    private readonly TempFolder _folder = new();
    private LocalCluster? _cluster;
    private string? _missing;

    /// <summary>The cluster. Skips the test with the reason where none can be started, and fails it on a build server.</summary>
    public LocalCluster Cluster
    {
        get
        {
            Prerequisite.Require(_missing);
            return _cluster!;
        }
    }

    public int TlsPort { get; private set; }

    /// <summary>Logs in as <c>guest</c> with its certificate.</summary>
    internal Certificates Certificates { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _missing = LocalCluster.MissingPrerequisite() ?? HaProxyProcess.MissingPrerequisite();
        if (_missing is not null)
        {
            return;
        }

        Certificates = new Certificates(_folder.Path, "guest");
        TlsPort = FreePort();
        _cluster = await LocalCluster.StartAsync(new ClusterOptions
        {
            HaProxy = HaProxyOptions.Friendly with { Port = ProxyPort },
            Plugins = ["rabbitmq_auth_mechanism_ssl"],
            NodeSettings = name => name.StartsWith("rr1-", StringComparison.Ordinal) ? TlsSettings() : "",
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>What rabbitmqctl lists, of a node that runs.</summary>
    internal async Task<IReadOnlyList<JsonElement>> ListAsync(params string[] command)
    {
        string output = await Cluster.Nodes[0].RunCtlAsync(["-q", "--formatter", "json", .. command]);
        using JsonDocument document = JsonDocument.Parse(output);
        return [.. document.RootElement.EnumerateArray().Select(static row => row.Clone())];
    }

    /// <summary>The connections of the client of a name, as the broker sees them.</summary>
    internal async Task<IReadOnlyList<JsonElement>> ConnectionsOfAsync(string clientName)
    {
        IReadOnlyList<JsonElement> all = await ListAsync("list_connections", "user", "vhost", "timeout", "auth_mechanism", "ssl", "ssl_protocol", "peer_cert_subject", "port", "channels", "client_properties");
        return [.. all.Where(row => row.GetProperty("client_properties").ToString().Contains(clientName + ":", StringComparison.Ordinal))];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string TlsSettings() => string.Create(CultureInfo.InvariantCulture, $"""
        listeners.ssl.1 = 127.0.0.1:{TlsPort}
        ssl_options.cacertfile = {Certificates.Authority}
        ssl_options.certfile = {Certificates.ServerCertificate}
        ssl_options.keyfile = {Certificates.ServerKey}
        ssl_options.verify = verify_peer
        ssl_options.fail_if_no_peer_cert = false
        ssl_options.versions.1 = tlsv1.3
        ssl_options.versions.2 = tlsv1.2
        ssl_cert_login_from = common_name
        auth_mechanisms.1 = PLAIN
        auth_mechanisms.2 = AMQPLAIN
        auth_mechanisms.3 = EXTERNAL
        """);
}
