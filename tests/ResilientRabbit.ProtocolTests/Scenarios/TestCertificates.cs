using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Certificates with faults, and authorities for them.</summary>
internal static class TestCertificates
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static X509Certificate2 NewAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(Begin, Begin.AddYears(100));
    }

    /// <summary>A broker's certificate: for 127.0.0.1 and valid, or with a fault: "another name", "expired", "self-signed", "a name that is the password".</summary>
    public static X509Certificate2 NewLeaf(string fault, string secret, X509Certificate2 authority)
    {
        using var key = RSA.Create(2048);
        bool isForNobody = fault is "a name that is the password";
        string name = fault is "another name" ? "elsewhere.test" : isForNobody ? secret : "broker.test";
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        if (!isForNobody)
        {
            names.AddDnsName(name);
            if (fault is not "another name")
            {
                names.AddIpAddress(IPAddress.Loopback);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        DateTimeOffset end = Begin.AddYears(fault is "expired" ? 1 : 99);
        using X509Certificate2 made = fault is "self-signed"
            ? request.CreateSelfSigned(Begin, end)
            : request.Create(authority, Begin, end, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
