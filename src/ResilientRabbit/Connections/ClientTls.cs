using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>One TLS handshake of ours. The driver knows nothing of TLS: its URI setter would switch the check of the host name off.</summary>
internal sealed class ClientTls(SslClientAuthenticationOptions options)
{
    public SslClientAuthenticationOptions Options => options;

    /// <summary>Why the broker's certificate was not accepted; null when it was, or has not come yet.</summary>
    public string? Problem { get; private set; }

    /// <param name="tls">The rules; null for plain connections.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="mask">Masks secrets in names that the peer has chosen; null for none.</param>
    public static ClientTls? For(TlsSettings? tls, RabbitEndpoint endpoint, Func<string, string>? mask = null)
    {
        if (tls is null)
        {
            return null;
        }

        // The name, not the address that it was resolved to: it is what the certificate is for, and what a proxy chooses the backend by (SNI).
        string target = tls.ServerName ?? endpoint.Host.TrimEnd('.');
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = target,
            EnabledSslProtocols = tls.Protocols,
            ClientCertificateContext = tls.Certificates is [var own, ..] ? SslStreamCertificateContext.Create(own, tls.Certificates, offline: true) : null,
            CertificateRevocationCheckMode = tls.CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
        };
        var handshake = new ClientTls(options);
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            string? problem = tls.FindProblem(certificate, chain, errors, target, mask);
            handshake.Problem = problem is null ? null : $"The broker's certificate is not accepted: {PeerText.Sanitize(problem)}.";
            return problem is null;
        };
        return handshake;
    }
}
