using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>TLS by the rules of AMQP: chain and name are verified unless it is said otherwise twice.</summary>
public sealed class TlsTests : IDisposable
{
    private const string Overview = """{"cluster_name":"c"}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("rr-management-tls-").FullName;
    private readonly X509Certificate2 _certificate;

    public TlsTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node-01", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("node-01");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using X509Certificate2 own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _certificate = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
        File.WriteAllText(AuthorityFile, own.ExportCertificatePem());
    }

    private string AuthorityFile => Path.Combine(_folder, "ca.pem");

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_for_the_name_is_accepted()
    {
        await using var peer = new HttpPeer(Answer, _certificate);
        using RabbitManagementClient client = peer.NewClient(options =>
        {
            options.Tls.CaFile = AuthorityFile;
            options.Tls.ServerName = "node-01";
        });

        Assert.Equal("c", (await client.GetOverviewAsync()).ClusterName);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_refused_with_the_reason()
    {
        await using var peer = new HttpPeer(Answer, _certificate);
        using RabbitManagementClient client = peer.NewClient(static options => options.Tls.ServerName = "node-01");

        ManagementException failure = await Failing.WithAsync(ManagementFailure.TlsFailed, () => client.GetOverviewAsync());

        Assert.Contains("certificate is not accepted", failure.Message, StringComparison.Ordinal);
        Assert.Empty(peer.Seen);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await using var peer = new HttpPeer(Answer, _certificate);
        using RabbitManagementClient client = peer.NewClient(options => options.Tls.CaFile = AuthorityFile);

        ManagementException failure = await Failing.WithAsync(ManagementFailure.TlsFailed, () => client.GetOverviewAsync());

        Assert.Contains("it is for 'node-01', not for '127.0.0.1'", failure.Message, StringComparison.Ordinal);
        Assert.Empty(peer.Seen);
    }

    [Fact]
    public async Task A_certificate_whose_name_is_the_password_is_refused_without_it()
    {
        await using var peer = new HttpPeer(Answer, _certificate);
        using RabbitManagementClient client = peer.NewClient(options => (options.Password, options.Tls.CaFile) = ("node-01", AuthorityFile));

        ManagementException failure = await Failing.WithAsync(ManagementFailure.TlsFailed, () => client.GetOverviewAsync());

        Assert.Contains("it is for '***', not for '127.0.0.1'", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("node-01", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_certificate_is_accepted_only_when_it_is_said_twice()
    {
        await using var peer = new HttpPeer(Answer, _certificate);
        using RabbitManagementClient client = peer.NewClient(static options =>
        {
            options.Tls.AcceptAnyCertificate = true;
            options.Tls.AllowInsecure = true;
        });

        Assert.Equal("c", (await client.GetOverviewAsync()).ClusterName);
    }

    [Fact]
    public async Task TLS_with_a_peer_that_speaks_none_fails_as_such()
    {
        await using var plain = new HttpPeer(static _ => Reply(Overview));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { plain.Address.Replace("http:", "https:", StringComparison.Ordinal) }, ConnectTimeout = TimeSpan.FromMilliseconds(200), MaxAttempts = 1 });

        ManagementException failure = await Assert.ThrowsAsync<ManagementException>(() => client.GetOverviewAsync());

        Assert.True(failure.Failure is ManagementFailure.TlsFailed or ManagementFailure.Unreachable, failure.Message);
        Assert.Empty(plain.Seen);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task Answer(SeenRequest request, Stream stream, CancellationToken end) => stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Reply(Overview)), end).AsTask();
}
