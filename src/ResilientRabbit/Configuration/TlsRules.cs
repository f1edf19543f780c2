using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.Configuration;

/// <summary>The rules of <see cref="TlsOptions"/>. The files are read here: a certificate that cannot be used is a fault of the configuration, not of a connection later.</summary>
internal static class TlsRules
{
    private const SslProtocols Allowed = SslProtocols.Tls12 | SslProtocols.Tls13;
    private const string Section = nameof(ResilientRabbitOptions.Tls) + ":";

    public static void Check(ResilientRabbitOptions options, bool isTls, ProblemList problems)
    {
        TlsOptions tls = options.Tls;
        Check(tls, isTls, problems);
        if (options.Authentication == SaslMechanism.External && (!isTls || tls.CertificateFile is null))
        {
            problems.Add(nameof(options.Authentication), $"is External, which needs TLS (is {(isTls ? "on" : "off")}) and Tls:CertificateFile (is {(tls.CertificateFile is null ? "not set" : "set")})");
        }
    }

    public static void Check(TlsOptions tls, bool isTls, ProblemList problems)
    {
        if (tls.Protocols == SslProtocols.None || (tls.Protocols & ~Allowed) != SslProtocols.None)
        {
            problems.Add(Section + nameof(tls.Protocols), $"must be Tls12, Tls13 or both, is {tls.Protocols:D}");
        }

        if (tls.AcceptAnyCertificate && !tls.AllowInsecure)
        {
            problems.Add(Section + nameof(tls.AcceptAnyCertificate), "lets anybody on the way read and change everything; say Tls:AllowInsecure = true as well, if that is meant");
        }

        if (tls.ServerName is { } name && HostRules.FindProblem(name) is { } rule && HostRules.FindIpv6Problem(name) is not null)
        {
            problems.Add(Section + nameof(tls.ServerName), rule);
        }

        if (tls.KeyFile is not null && tls.CertificateFile is null)
        {
            problems.Add(Section + nameof(tls.KeyFile), "needs a CertificateFile, which is not set");
        }

        if (isTls)
        {
            ReadFiles(tls, problems);
        }
    }

    /// <summary>Reads the files that are named: null without a problem is a file that is not named.</summary>
    public static (X509Certificate2Collection? Authorities, X509Certificate2Collection? Certificates) ReadFiles(TlsOptions tls, ProblemList problems)
    {
        X509Certificate2Collection? authorities = null;
        X509Certificate2Collection? certificates = null;
        if (tls.CaFile is { } file && (authorities = TlsFiles.TryReadAuthorities(file, out string? authorityProblem)) is null)
        {
            problems.Add(Section + nameof(tls.CaFile), authorityProblem!);
        }

        if (tls.CertificateFile is { } own && (certificates = TlsFiles.TryReadCertificate(own, tls.KeyFile, tls.KeyPassphrase, out string? problem)) is null)
        {
            problems.Add(Section + nameof(tls.CertificateFile), problem!);
        }

        return (authorities, certificates);
    }
}
