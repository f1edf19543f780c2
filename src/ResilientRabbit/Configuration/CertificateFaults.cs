using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.Configuration;

/// <summary>Says in words why a chain of certificates could not be built to a trusted authority.</summary>
internal static class CertificateFaults
{
    public static string Describe(X509Certificate2 certificate, X509ChainStatus[] status, Func<string, string> mask)
    {
        X509ChainStatusFlags all = status.Aggregate(X509ChainStatusFlags.NoError, static (flags, one) => flags | one.Status);
        List<string> faults = [];
        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"it, or a certificate above it, is not valid now (its own time: {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u})"));
        }

        if ((all & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != X509ChainStatusFlags.NoError)
        {
            faults.Add(IsSelfSigned(certificate)
                ? "it is self-signed and not itself among the trusted authorities (Tls:CaFile)"
                : $"its authority '{mask(certificate.Issuer)}' is not trusted (Tls:CaFile)");
        }

        if (all.HasFlag(X509ChainStatusFlags.Revoked))
        {
            faults.Add("it was revoked");
        }

        return faults.Count > 0 ? string.Join("; ", faults) : $"its chain is not valid ({all})";
    }

    private static bool IsSelfSigned(X509Certificate2 certificate)
        => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
