using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class TlsFilesTests : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("rr-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_certificate_with_an_encrypted_key_needs_its_passphrase()
    {
        (string certificate, string key) = WritePair("a", Canary.Secret);

        Assert.True(TlsFiles.TryReadCertificate(certificate, key, Canary.Secret, out _)![0].HasPrivateKey);
        Assert.Null(TlsFiles.TryReadCertificate(certificate, key, Canary.Secret + "x", out string? wrong));
        Assert.Null(TlsFiles.TryReadCertificate(certificate, key, null, out string? missing));
        Assert.All([wrong!, missing!], static problem =>
        {
            Assert.StartsWith("must be a PEM certificate", problem, StringComparison.Ordinal);
            Assert.False(Canary.IsIn(problem));
        });
    }

    [Fact]
    public void A_PKCS_12_file_has_certificate_key_and_intermediates_and_needs_its_passphrase()
    {
        using var key = RSA.Create(2048);
        using X509Certificate2 own = new CertificateRequest("CN=own", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(Begin, Begin.AddYears(100));
        (string above, _) = WritePair("above", null);
        X509Certificate2Collection all = [X509CertificateLoader.LoadCertificateFromFile(above), own];
        string file = Path.Combine(_folder, "client.pfx");
        File.WriteAllBytes(file, all.Export(X509ContentType.Pkcs12, Canary.Secret)!);

        X509Certificate2Collection read = TlsFiles.TryReadCertificate(file, null, Canary.Secret, out _)!;

        Assert.Equal(["CN=own", "CN=above"], read.Select(static certificate => certificate.Subject));
        Assert.Equal([true, false], read.Select(static certificate => certificate.HasPrivateKey));
        Assert.Null(TlsFiles.TryReadCertificate(file, null, Canary.Secret + "x", out string? wrong));
        Assert.Null(TlsFiles.TryReadCertificate(file, null, null, out string? missing));
        Assert.Null(TlsFiles.TryReadCertificate(above, null, null, out string? keyless));
        Assert.All([wrong!, missing!, keyless!], static problem =>
        {
            Assert.StartsWith("must be a PEM certificate", problem, StringComparison.Ordinal);
            Assert.False(Canary.IsIn(problem));
        });
    }

    /// <summary>The validation has read it a moment before; null would mean that the system's authorities are trusted.</summary>
    [Theory]
    [InlineData(nameof(TlsOptions.CaFile))]
    [InlineData(nameof(TlsOptions.CertificateFile))]
    public void A_file_that_cannot_be_read_any_more_is_a_problem_as_it_is_in_the_validation(string key)
    {
        string gone = Path.Combine(_folder, "gone.pem");
        TlsOptions options = key is nameof(TlsOptions.CaFile) ? new TlsOptions { Enabled = true, CaFile = gone } : new TlsOptions { Enabled = true, CertificateFile = gone };
        var validated = new ProblemList(ResilientRabbitOptionsValidator.DefaultPath);
        TlsRules.Check(options, isTls: true, validated);

        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(() => TlsSettings.From(options));

        Assert.Equal(validated.Lines, refusal.Failures);
        Assert.StartsWith($"ResilientRabbit:Tls:{key}: names a file that does not exist", Assert.Single(refusal.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        (string certificate, _) = WritePair("a", null);
        (_, string key) = WritePair("b", null);

        Assert.Null(TlsFiles.TryReadCertificate(certificate, key, null, out string? problem));
        Assert.EndsWith("check that they belong together and the passphrase", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_holds_no_certificate_is_no_authority()
    {
        string file = Path.Combine(_folder, "text.pem");
        File.WriteAllText(file, "no certificate");
        (string certificate, _) = WritePair("a", null);

        Assert.Null(TlsFiles.TryReadAuthorities(file, out string? problem));
        Assert.StartsWith("must be a PEM file with at least one certificate", problem, StringComparison.Ordinal);
        Assert.Single(TlsFiles.TryReadAuthorities(certificate, out _)!);
        Assert.Null(TlsFiles.TryReadAuthorities(_folder, out problem));
        Assert.StartsWith("names a file that does not exist", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_certificate_is_accepted_only_with_both_switches()
    {
        var options = new ResilientRabbitOptions { Tls = { Enabled = true, AcceptAnyCertificate = true, AllowInsecure = true } };

        ClientSettings settings = ClientSettings.From(options);

        Assert.Null(settings.Tls!.FindProblem(null, null, System.Net.Security.SslPolicyErrors.RemoteCertificateNotAvailable, "node"));
        Assert.Contains(OptionWarnings.Of(settings, options), static warning => warning.StartsWith("Tls:AcceptAnyCertificate is on", StringComparison.Ordinal));
        options.Tls.AcceptAnyCertificate = false;
        Assert.NotNull(ClientSettings.From(options).Tls!.FindProblem(null, null, System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch, "node"));
    }

    [Theory]
    [InlineData("amqps://h:5672", "h:5672 is to be reached over TLS")]
    [InlineData("amqp://h:5671", "h:5671 is to be reached without TLS")]
    [InlineData("amqp://h,amqp://h", "2 addresses are given, 1 of them different")]
    public void What_is_probably_not_meant_is_a_warning(string uris, string warning)
    {
        var options = new ResilientRabbitOptions();
        foreach (string uri in uris.Split(','))
        {
            options.Uris.Add(uri);
        }

        Assert.Contains(OptionWarnings.Of(ClientSettings.From(options), options), found => found.StartsWith(warning, StringComparison.Ordinal));
        options.Tls.AllowUnusualPort = true;
        Assert.DoesNotContain(OptionWarnings.Of(ClientSettings.From(options), options), static found => found.Contains("TLS", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2000, false)]
    [InlineData(2001, true)]
    public void More_messages_at_a_time_than_a_quorum_queue_gives_is_a_warning(int prefetch, bool warned)
    {
        var options = new ResilientRabbitOptions { Consumers = { Prefetch = prefetch }, Declarations = { QueueType = QueueType.Quorum } };

        Assert.Equal(warned, OptionWarnings.Of(ClientSettings.From(options), options).Any(static warning => warning.StartsWith("Consumers:Prefetch is 2001, and queues are declared as quorum", StringComparison.Ordinal)));
        options.Declarations.QueueType = null;
        Assert.Empty(OptionWarnings.Of(ClientSettings.From(options), options));
    }

    private (string Certificate, string Key) WritePair(string name, string? passphrase)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(Begin, Begin.AddYears(100));
        string certificateFile = Path.Combine(_folder, name + ".pem");
        string keyFile = Path.Combine(_folder, name + ".key");
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, passphrase is null
            ? key.ExportPkcs8PrivateKeyPem()
            : key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        return (certificateFile, keyFile);
    }
}
