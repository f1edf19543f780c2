using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

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
    /// <param name="options">The options.</param>
    /// <param name="path">What the paths of problems begin with.</param>
    /// <exception cref="OptionsValidationException">A file cannot be read that could be read a moment ago. Without its authorities the system's would be trusted, and nobody would have said so.</exception>
    public static TlsSettings From(TlsOptions options, string path = ResilientRabbitOptionsValidator.DefaultPath)
    {
        var problems = new ProblemList(path);
        (X509Certificate2Collection? authorities, X509Certificate2Collection? certificates) = TlsRules.ReadFiles(options, problems);
        if (problems.Lines.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(TlsOptions), problems.Lines);
        }

        return new TlsSettings
        {
            ServerName = options.ServerName,
            Authorities = authorities,
            Certificates = certificates,
            Protocols = options.Protocols,
            VerifyHostName = options.VerifyHostName,
            CheckRevocation = options.CheckRevocation,
            AcceptAnyCertificate = options.AcceptAnyCertificate,
            AllowUnusualPort = options.AllowUnusualPort,
        };
    }

    /// <summary>Judges the broker's certificate: what the runtime found, less what the options permit. Null: accepted; otherwise what is wrong, with names that the peer has chosen.</summary>
    public string? FindProblem(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, string target, Func<string, string>? mask = null)
    {
        if (AcceptAnyCertificate)
        {
            return null;
        }

        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "the broker showed none";
        }

        X509Certificate2 own = certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        mask ??= static name => name;
        List<string> problems = [];
        if (VerifyHostName && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            problems.Add($"it is for '{mask(own.GetNameInfo(X509NameType.DnsName, forIssuer: false))}', not for '{target}'");
        }

        if (Authorities is not null)
        {
            // The runtime has judged by the system's authorities; ours decide alone.
            AddChainProblems(own, chain, mask, problems);
        }
        else if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            problems.Add(CertificateFaults.Describe(own, chain?.ChainStatus ?? [], mask));
        }

        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    private void AddChainProblems(X509Certificate2 certificate, X509Chain? presented, Func<string, string> mask, List<string> problems)
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

        if (!own.Build(certificate))
        {
            problems.Add(CertificateFaults.Describe(certificate, own.ChainStatus, mask));
        }
    }
}
