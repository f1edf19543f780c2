using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>What our own TLS handshake asks for. The driver knows nothing of TLS: its URI setter would switch the check of the host name off.</summary>
internal static class ClientTls
{
    public static SslClientAuthenticationOptions? For(TlsSettings? tls, RabbitEndpoint endpoint)
    {
        if (tls is null)
        {
            return null;
        }

        return new SslClientAuthenticationOptions
        {
            // The name, not the address that it was resolved to: it is what the certificate is for, and what a proxy chooses the backend by (SNI).
            TargetHost = tls.ServerName ?? endpoint.Host.TrimEnd('.'),
            EnabledSslProtocols = tls.Protocols,
            ClientCertificateContext = tls.Certificates is [var own, ..] ? SslStreamCertificateContext.Create(own, tls.Certificates, offline: true) : null,
            CertificateRevocationCheckMode = tls.CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => tls.IsAccepted(certificate, chain, errors),
        };
    }
}
