using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.Configuration;

/// <summary>The frozen form of <see cref="TlsOptions"/> when TLS is on, with the files read.</summary>
internal sealed record TlsSettings
{
    public required string? ServerName { get; init; }

    /// <summary>Gets the authorities that are trusted instead of the system's; null for the system's.</summary>
    public required X509Certificate2Collection? Authorities { get; init; }

    public required X509Certificate2Collection? Certificates { get; init; }

    public required SslProtocols Protocols { get; init; }

    public required bool VerifyHostName { get; init; }

    public required bool CheckRevocation { get; init; }

    public required bool AcceptAnyCertificate { get; init; }

    public required bool AllowUnusualPort { get; init; }

    /// <summary>Reads the files of valid options.</summary>
    public static TlsSettings From(TlsOptions options) => new()
    {
        ServerName = options.ServerName,
        Authorities = options.CaFile is null ? null : TlsFiles.TryReadAuthorities(options.CaFile, out _),
        Certificates = options.CertificateFile is null ? null : TlsFiles.TryReadCertificate(options.CertificateFile, options.KeyFile, options.KeyPassphrase, out _),
        Protocols = options.Protocols,
        VerifyHostName = options.VerifyHostName,
        CheckRevocation = options.CheckRevocation,
        AcceptAnyCertificate = options.AcceptAnyCertificate,
        AllowUnusualPort = options.AllowUnusualPort,
    };

    /// <summary>Judges the broker's certificate: what the runtime found, less what the options permit.</summary>
    public bool IsAccepted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (AcceptAnyCertificate)
        {
            return true;
        }

        SslPolicyErrors left = VerifyHostName ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (Authorities is null || left.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) || certificate is null)
        {
            return left == SslPolicyErrors.None;
        }

        // The runtime has judged by the system's authorities; ours decide alone.
        return (left & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && BuildsToOurs(certificate, chain);
    }

    private bool BuildsToOurs(X509Certificate certificate, X509Chain? presented)
    {
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(Authorities!);
        own.ChainPolicy.RevocationMode = CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1", "Server Authentication"));
        if (presented is not null)
        {
            // The intermediates that the broker sent.
            own.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        }

        return own.Build(certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
    }
}
