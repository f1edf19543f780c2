using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RabbitMQ.Client;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

public sealed class LoginTests
{
    [Fact]
    public async Task A_TLS_client_is_known_by_its_certificate()
    {
        using X509Certificate2 server = Certificate("localhost");
        using X509Certificate2 client = Certificate("app");
        TestBrokerOptions options = new() { ServerCertificate = server };
        options.Mechanisms.Add("EXTERNAL");
        options.Users.Add(new TestBrokerUser("app", "unused"));
        await using TestBroker broker = await TestBroker.StartAsync(options);

        await using IConnection connection = await PlainDriver.ConnectAsync(broker, factory =>
        {
            factory.Port = broker.TlsPort!.Value;
            factory.AuthMechanisms = [new ExternalMechanismFactory()];
            factory.Ssl = new SslOption("localhost", enabled: true)
            {
                Certs = [client],
                AcceptablePolicyErrors = SslPolicyErrors.RemoteCertificateChainErrors,
            };
        });
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "q");
        await PlainDriver.PublishAsync(channel, "q", "over TLS");

        Assert.Equal("app", Assert.Single(broker.Connections()).UserName);
        Assert.Equal(["over TLS"], PlainDriver.Bodies(broker, "q"));
    }

    [Fact]
    public async Task A_secret_can_be_updated_and_refused()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);

        // The driver reports success before connection.open-ok and would take that for the answer to the next question (its issue 1999).
        await using IChannel channel = await connection.CreateChannelAsync();

        await connection.UpdateSecretAsync("next", "rotated");
        Assert.Equal("next", broker.LastUpdatedSecret);

        broker.RefusesSecretUpdates = true;
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => connection.UpdateSecretAsync("other", "rotated"));
        Assert.Contains("NOT_ALLOWED - New secret was refused by one of the backends", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_properties_are_those_of_RabbitMQ_and_can_be_changed()
    {
        TestBrokerOptions options = new() { ClusterName = "rabbit@elsewhere" };
        options.ServerProperties["node"] = "rabbit@one";
        await using TestBroker broker = await TestBroker.StartAsync(options);

        await using IConnection connection = await PlainDriver.ConnectAsync(broker);

        Assert.Equal("RabbitMQ", Text(connection, "product"));
        Assert.Equal("3.10.8", Text(connection, "version"));
        Assert.Equal("rabbit@elsewhere", Text(connection, "cluster_name"));
        Assert.Equal("rabbit@one", Text(connection, "node"));
    }

    private static string Text(IConnection connection, string name) => Encoding.UTF8.GetString((byte[])connection.ServerProperties![name]!);

    private static X509Certificate2 Certificate(string name)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), password: null);
    }
}
