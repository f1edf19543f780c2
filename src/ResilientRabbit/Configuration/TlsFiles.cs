using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.Configuration;

/// <summary>Reads certificates and keys. The rules name the file, never what is in it.</summary>
internal static class TlsFiles
{
    private const long LargestFile = 4 * 1024 * 1024;

    /// <summary>Reads the certificate authorities of a PEM file. Null, and the broken rule, when that is not possible.</summary>
    public static X509Certificate2Collection? TryReadAuthorities(string file, out string? problem)
    {
        if (TryReadText(file, out problem) is not { } pem)
        {
            return null;
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            if (certificates.Count > 0)
            {
                return certificates;
            }
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        problem = $"must be a PEM file with at least one certificate (-----BEGIN CERTIFICATE-----), is {ProblemList.Quote(file)}";
        return null;
    }

    /// <summary>Reads the client's certificate, its private key and its intermediates. Null, and the broken rule, when that is not possible.</summary>
    public static X509Certificate2Collection? TryReadCertificate(string file, string? keyFile, string? passphrase, out string? problem)
    {
        if (TryReadText(file, out problem) is not { } pem || (keyFile is null ? pem : TryReadText(keyFile, out problem)) is not { } key)
        {
            return null;
        }

        if (keyFile is null && !pem.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return TryReadStore(file, passphrase, out problem);
        }

        try
        {
            using X509Certificate2 own = passphrase is null ? X509Certificate2.CreateFromPem(pem, key) : X509Certificate2.CreateFromEncryptedPem(pem, key, passphrase);

            // Round trip: Windows does not find a key that lives in memory only.
            X509Certificate2Collection chain = [X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null)];
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            chain.AddRange(all.Where(certificate => !certificate.RawDataMemory.Span.SequenceEqual(own.RawDataMemory.Span)).ToArray());
            return chain;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // The exception's own text is not repeated: it may quote the file.
            problem = $"must be a PEM certificate {ProblemList.Quote(file)} with its private key in {ProblemList.Quote(keyFile ?? file)}; check that they belong together and the passphrase";
            return null;
        }
    }

    /// <summary>Reads a PKCS #12 file (PFX), which holds all in one.</summary>
    private static X509Certificate2Collection? TryReadStore(string file, string? passphrase, out string? problem)
    {
        problem = null;
        try
        {
            X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, passphrase);
            if (all.FirstOrDefault(static certificate => certificate.HasPrivateKey) is { } own)
            {
                return [own, .. all.Where(certificate => certificate != own)];
            }
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Said below.
        }

        problem = $"must be a PEM certificate with its private key, or a PKCS #12 file (PFX) with both, is {ProblemList.Quote(file)}; check the passphrase";
        return null;
    }

    private static string? TryReadText(string file, out string? problem)
    {
        problem = null;
        try
        {
            var info = new FileInfo(file);
            if (!info.Exists)
            {
                problem = $"names a file that does not exist, {ProblemList.Quote(file)}";
            }
            else if (info.Length is 0 or > LargestFile)
            {
                // Pipes and devices have no length and are not opened: that would wait for ever.
                problem = $"must name an ordinary file of at most 4 MiB that is not empty, is {ProblemList.Quote(file)}";
            }
            else
            {
                return File.ReadAllText(file);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = $"names a file that cannot be read ({exception.GetType().Name}), {ProblemList.Quote(file)}";
        }

        return null;
    }
}
