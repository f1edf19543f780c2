using System.Globalization;
using System.Text.Json;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>What the ssl keys do on the wire.</summary>
[Collection(ClusterGroup.Name)]
public sealed class TlsEffectTests(OpenStackCluster group)
{
    private string Text(string more, string host = "localhost", string credentials = "guest:guest@")
        => string.Create(CultureInfo.InvariantCulture, $"[DEFAULT]\ntransport_url = rabbit://{credentials}{host}:{group.TlsPort}//\n[oslo_messaging_rabbit]\nssl = true\n{more}");

    [Theory, EffectOf("[oslo_messaging_rabbit] ssl", "[oslo_messaging_rabbit] ssl_version", "[oslo_messaging_rabbit] ssl_ca_file")]
    [InlineData("SSLv23", "tlsv1.3")]
    [InlineData("TLSv1", "tlsv1.3")]
    [InlineData("TLSv1_2", "tlsv1.2")]
    public async Task The_broker_sees_the_protocol_that_the_key_means(string version, string protocol)
    {
        _ = group.Cluster;
        await using OsloClient client = await new OsloClient(Text($"ssl_ca_file = {group.Certificates.Authority}\nssl_version = {version}\n")).ConnectAsync();

        IReadOnlyList<JsonElement> connections = await group.ConnectionsOfAsync(client.Name);

        Assert.Equal(3, connections.Count);
        Assert.All(connections, connection => Assert.Equal((true, protocol), (connection.GetProperty("ssl").GetBoolean(), connection.GetProperty("ssl_protocol").ToString())));
        await client.Client.DeclareAsync(new TopologyBuilder().Queue(client.Name).Build());
        await client.RoundTripAsync(client.Name);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] ssl_cert_file", "[oslo_messaging_rabbit] ssl_key_file", "[oslo_messaging_rabbit] rabbit_login_method")]
    public async Task A_client_certificate_logs_in_without_a_password()
    {
        _ = group.Cluster;
        string keys = $"ssl_ca_file = {group.Certificates.Authority}\nkombu_ssl_certfile = {group.Certificates.ClientCertificate}\nssl_key_file = {group.Certificates.ClientKey}\nrabbit_login_method = EXTERNAL\n";
        await using OsloClient client = await new OsloClient(Text(keys, credentials: "nobody:wrong@")).ConnectAsync();

        Assert.All(await group.ConnectionsOfAsync(client.Name), static connection => Assert.Equal(
            ("guest", "EXTERNAL", "CN=guest"), (connection.GetProperty("user").ToString(), connection.GetProperty("auth_mechanism").ToString(), connection.GetProperty("peer_cert_subject").ToString())));
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] ssl_ca_file")]
    public async Task A_certificate_of_a_strange_authority_is_refused_with_the_likely_cause()
    {
        _ = group.Cluster;
        await using var client = new OsloClient(Text($"ssl_ca_file = {group.Certificates.Stranger}\n"));

        Assert.Equal(ConnectionFailureReason.TlsFailed, await FirstFailureAsync(client));
    }

    [Fact]
    public async Task A_certificate_of_no_trusted_authority_is_refused_although_oslo_would_verify_nothing()
    {
        _ = group.Cluster;
        await using var client = new OsloClient(Text(""));

        Assert.Equal(ConnectionFailureReason.TlsFailed, await FirstFailureAsync(client));
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] ssl_enforce_hostname_verification")]
    public async Task A_certificate_for_another_name_is_refused_unless_the_key_says_so()
    {
        _ = group.Cluster;
        string keys = $"ssl_ca_file = {group.Certificates.Authority}\n";

        await using var strict = new OsloClient(Text(keys));
        strict.Options.Tls.ServerName = "another.name";
        await using var refused = new RabbitClient(strict.Options);
        Assert.Equal(ConnectionFailureReason.TlsFailed, await FirstFailureAsync(refused));

        await using var lax = new OsloClient(Text(keys + "ssl_enforce_hostname_verification = false\n"));
        lax.Options.Tls.ServerName = "another.name";
        await using var accepted = new RabbitClient(lax.Options);
        await accepted.ConnectAsync().WaitAsync(OsloClient.Limit);
        Assert.Equal(ConnectionState.Connected, accepted.Status.State);
    }

    [Fact]
    public async Task A_name_that_the_certificate_is_not_for_is_refused_by_amqps_URIs_too()
    {
        _ = group.Cluster;
        var options = new ResilientRabbitOptions { Tls = { CaFile = group.Certificates.Authority, ServerName = "another.name" } };
        options.Uris.Add(string.Create(CultureInfo.InvariantCulture, $"amqps://guest:guest@localhost:{group.TlsPort}"));
        await using var refused = new RabbitClient(options);
        Assert.Equal(ConnectionFailureReason.TlsFailed, await FirstFailureAsync(refused));

        options.Tls.ServerName = null;
        await using var accepted = new RabbitClient(options);
        await accepted.ConnectAsync().WaitAsync(OsloClient.Limit);
    }

    [Fact]
    public async Task TLS_on_a_plain_port_and_plain_on_a_TLS_port_end_soon_and_say_why()
    {
        string plainPort = group.Cluster.Nodes[0].Address.Port.ToString(CultureInfo.InvariantCulture);
        await using var tls = new OsloClient($"[DEFAULT]\ntransport_url = rabbit://localhost:{plainPort}//?ssl=1\n");
        await using var plain = new OsloClient(string.Create(CultureInfo.InvariantCulture, $"[DEFAULT]\ntransport_url = rabbit://localhost:{group.TlsPort}//\n"));

        Assert.Equal(ConnectionFailureReason.TlsFailed, await FirstFailureAsync(tls));
        Assert.True(await FirstFailureAsync(plain) is ConnectionFailureReason.Dropped or ConnectionFailureReason.ProtocolError);
    }

    private static Task<ConnectionFailureReason> FirstFailureAsync(OsloClient client) => FirstFailureAsync(client.Client);

    private static async Task<ConnectionFailureReason> FirstFailureAsync(RabbitClient client)
    {
        var failure = new TaskCompletionSource<ConnectionFailureReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StatusChanged += (_, change) =>
        {
            if (change.Current.LastFailure is { } reason)
            {
                failure.TrySetResult(reason);
            }
        };
        using var stop = new CancellationTokenSource();
        Task connecting = client.ConnectAsync(stop.Token);
        ConnectionFailureReason found = await failure.Task.WaitAsync(OsloClient.Limit);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        return found;
    }
}
