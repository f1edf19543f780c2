using System.Security.Authentication;

namespace ResilientRabbit;

/// <summary>Configures TLS: what is verified, and what we show. With nothing but <see cref="Enabled"/> the chain and the host name are verified and TLS 1.2 or 1.3 is spoken.</summary>
/// <remarks>The values are copied and the files are read when the client is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class TlsOptions
{
    /// <summary>Gets or sets a value indicating whether connections use TLS. URIs say so with their scheme.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool Enabled { get; set; }

    /// <summary>Gets or sets the name that the broker's certificate must be for.</summary>
    /// <value><see langword="null"/> by default: the host of the endpoint. Set it where endpoints are addresses or a proxy's name.</value>
    public string? ServerName { get; set; }

    /// <summary>Gets or sets the PEM file with the certificate authorities that are trusted, instead of the system's.</summary>
    /// <value><see langword="null"/> by default: those of the system.</value>
    public string? CaFile { get; set; }

    /// <summary>Gets or sets the PEM file with the client's certificate, and its intermediates where it needs some; or a PKCS #12 file (PFX) with all of that and the private key.</summary>
    /// <value><see langword="null"/> by default: no client certificate.</value>
    public string? CertificateFile { get; set; }

    /// <summary>Gets or sets the PEM file with the private key of the client's certificate.</summary>
    /// <value><see langword="null"/> by default: it is in <see cref="CertificateFile"/>.</value>
    public string? KeyFile { get; set; }

    /// <summary>Gets or sets the passphrase of the private key, or of the PKCS #12 file. It never appears in logs, exceptions or status.</summary>
    /// <value><see langword="null"/> by default: the key is not encrypted.</value>
    public string? KeyPassphrase { get; set; }

    /// <summary>Gets or sets the versions of TLS that may be spoken.</summary>
    /// <value><see cref="SslProtocols.Tls12"/> and <see cref="SslProtocols.Tls13"/> by default; no other is allowed.</value>
    public SslProtocols Protocols { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Gets or sets a value indicating whether the certificate must be for the host. Switching it off is logged at each start.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool VerifyHostName { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether the revocation of certificates is checked online.</summary>
    /// <value><see langword="false"/> by default: brokers' private authorities seldom publish revocations.</value>
    public bool CheckRevocation { get; set; }

    /// <summary>Gets or sets a value indicating whether any certificate is accepted, so that anybody on the way can read and change everything. Needs <see cref="AllowInsecure"/>.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool AcceptAnyCertificate { get; set; }

    /// <summary>Gets or sets a value indicating whether <see cref="AcceptAnyCertificate"/> is meant. Logged at each start.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool AllowInsecure { get; set; }

    /// <summary>Gets or sets a value indicating whether TLS on port 5672, or no TLS on port 5671, is meant: no warning is logged then.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool AllowUnusualPort { get; set; }

    /// <summary>Returns what is verified, without any secret.</summary>
    /// <returns>A short text.</returns>
    public override string ToString()
        => !Enabled ? "off" : AcceptAnyCertificate ? "on, any certificate accepted" : VerifyHostName ? "on" : "on, host name not verified";
}
