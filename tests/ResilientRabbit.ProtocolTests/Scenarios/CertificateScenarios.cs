using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Certificates that are not accepted: each says why, and nothing of AMQP was sent before.</summary>
public sealed class CertificateScenarios : IDisposable
{
    private const string Secret = "zq9" + "CANARY" + "q9z";

    private readonly string _folder = Directory.CreateTempSubdirectory("rr-cert-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, Scenario("47", "P27,P28")]
    [InlineData("another name", "it is for 'elsewhere.test', not for '127.0.0.1'")]
    [InlineData("expired", "it, or a certificate above it, is not valid now (its own time: 2020-01-01 00:00:00Z to 2021-01-01 00:00:00Z)")]
    [InlineData("self-signed", "it is self-signed and not itself among the trusted authorities")]
    [InlineData("another authority", "its authority 'CN=Stranger' is not trusted")]
    [InlineData("an authority that is called like the password", "its authority 'CN=************' is not trusted")]
    [InlineData("a name that is the password", "it is for '************', not for '127.0.0.1'")]
    public async Task A_certificate_that_is_not_accepted_says_why(string fault, string text)
    {
        (PublishException? failure, RecordingLog log, bool anySent, string status) = await PublishAsync(fault);

        Assert.NotNull(failure);
        ConnectionException connection = Assert.IsType<ConnectionException>(failure.InnerException);
        Assert.Equal(ConnectionFailureReason.TlsFailed, connection.Reason);
        Assert.Contains("The broker's certificate is not accepted: " + text, connection.Message, StringComparison.Ordinal);
        Assert.False(anySent);
        Assert.DoesNotContain(Secret, failure + status + string.Join('\n', log.Lines), StringComparison.Ordinal);
    }

    [Fact, Scenario("47", "P27")]
    public async Task A_certificate_of_our_authority_for_the_host_is_accepted()
    {
        (PublishException? failure, _, bool anySent, _) = await PublishAsync("none");

        Assert.Null(failure);
        Assert.True(anySent);
    }

    private async Task<(PublishException? Failure, RecordingLog Log, bool AnySent, string Status)> PublishAsync(string fault)
    {
        using X509Certificate2 authority = TestCertificates.NewAuthority("CN=Ours");
        using X509Certificate2 stranger = TestCertificates.NewAuthority(fault is "an authority that is called like the password" ? "CN=" + Secret : "CN=Stranger");
        string authorities = Path.Combine(_folder, "ca.pem");
        await File.WriteAllTextAsync(authorities, authority.ExportCertificatePem());
        using X509Certificate2 certificate = TestCertificates.NewLeaf(fault, Secret, fault is "another authority" or "an authority that is called like the password" ? stranger : authority);
        var brokerOptions = new TestBrokerOptions { ServerCertificate = certificate };
        brokerOptions.Users.Clear();
        brokerOptions.Users.Add(new TestBrokerUser("guest", Secret));
        await using TestBroker broker = await TestBroker.StartAsync(brokerOptions);
        var options = new ResilientRabbitOptions { Password = Secret, ReconnectMaxDelay = TimeSpan.FromSeconds(1) };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{broker.TlsPort}"));
        (options.Tls.Enabled, options.Tls.CaFile) = (true, authorities);
        options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(fault is "none" ? 30 : 3);
        options.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(2);
        options.Publisher.Mandatory = false;
        var log = new RecordingLog();
        await using var client = new RabbitClient(options, log);
        PublishException? failure = null;
        try
        {
            await client.Publisher.PublishAsync("", Bed.Queue, "x"u8.ToArray());
        }
        catch (PublishException exception)
        {
            failure = exception;
        }

        return (failure, log, broker.Journal.Entries.Count > 0, client.Status + string.Join('\n', client.Status.Connections));
    }
}
