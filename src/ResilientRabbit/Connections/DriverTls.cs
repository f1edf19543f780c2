using RabbitMQ.Client;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>The driver's form of our TLS settings. Every member that matters is set here: the driver's own URI setter would switch the check of the host name off.</summary>
internal static class DriverTls
{
    public static SslOption For(TlsSettings? tls, RabbitEndpoint endpoint)
    {
        if (tls is null)
        {
            return new SslOption { Enabled = false };
        }

        return new SslOption
        {
            Enabled = true,

            // The name, not the address that it was resolved to: it is what the certificate is for, and what a proxy chooses the backend by (SNI).
            ServerName = tls.ServerName ?? endpoint.Host.TrimEnd('.'),
            Version = tls.Protocols,
            Certs = tls.Certificates,
            CheckCertificateRevocation = tls.CheckRevocation,
            AcceptablePolicyErrors = System.Net.Security.SslPolicyErrors.None,
            CertificateValidationCallback = (_, certificate, chain, errors) => tls.IsAccepted(certificate, chain, errors),
        };
    }
}
