using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>A certificate authority of its own, with one certificate for the broker and one for a client, as PEM files.</summary>
internal sealed class Certificates
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Certificates(string folder, string clientName)
    {
        using X509Certificate2 authority = NewAuthority("CN=Test authority");
        using X509Certificate2 stranger = NewAuthority("CN=Another authority");
        Authority = Write(folder, "ca.pem", authority.ExportCertificatePem());
        Stranger = Write(folder, "stranger.pem", stranger.ExportCertificatePem());
        (ServerCertificate, ServerKey) = WriteLeaf(folder, "server", "CN=localhost", authority, isServer: true);
        (ClientCertificate, ClientKey) = WriteLeaf(folder, "client", "CN=" + clientName, authority, isServer: false);
    }

    public string Authority { get; }

    /// <summary>An authority that has signed nothing here.</summary>
    public string Stranger { get; }

    /// <summary>For localhost and 127.0.0.1.</summary>
    public string ServerCertificate { get; }

    public string ServerKey { get; }

    public string ClientCertificate { get; }

    public string ClientKey { get; }

    private static X509Certificate2 NewAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(Begin, End);
    }

    private static (string Certificate, string Key) WriteLeaf(string folder, string file, string name, X509Certificate2 authority, bool isServer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(isServer ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        if (isServer)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using X509Certificate2 signed = request.Create(authority, Begin, End, RandomNumberGenerator.GetBytes(8));
        return (Write(folder, file + ".pem", signed.ExportCertificatePem()), Write(folder, file + ".key", key.ExportPkcs8PrivateKeyPem()));
    }

    private static string Write(string folder, string file, string text)
    {
        string path = Path.Combine(folder, file);
        File.WriteAllText(path, text);
        return path;
    }
}
