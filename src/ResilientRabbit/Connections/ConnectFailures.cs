using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Turns whatever ended an attempt to connect into the exception that the application sees: what failed, where, why, what to check.</summary>
internal static class ConnectFailures
{
    public static ConnectionException Explain(string endpoint, Exception exception)
    {
        if (exception is ConnectionException own)
        {
            return own;
        }

        (int code, string text) = FailureClassifier.ReplyOf(exception);
        return New(endpoint, FailureClassifier.Classify(exception), code == 0 ? string.Empty : $" ({code} {PeerText.Sanitize(text)})", exception);
    }

    /// <summary>As <see cref="Explain(string, Exception)"/>, for an attempt whose session had an end of its own, which says more than what failed on it.</summary>
    public static ConnectionException Explain(string endpoint, ConnectionLoss loss, Exception exception)
    {
        string code = loss.ReplyCode == 0 ? string.Empty : FormattableString.Invariant($"{loss.ReplyCode} ");
        string words = code + PeerText.Sanitize(loss.Text);
        return New(endpoint, loss.Reason, words.Length == 0 ? string.Empty : $" ({words})", exception);
    }

    private static ConnectionException New(string endpoint, ConnectionFailureReason reason, string reply, Exception exception)
        => new(reason, endpoint, $"Connecting to {endpoint} failed: {reason}{reply}. {CertificateProblem(exception)}{Check(reason, exception)}", exception);

    private static string Check(ConnectionFailureReason reason, Exception exception) => reason switch
    {
        ConnectionFailureReason.AuthenticationFailed => "Check user name and password, and that the user may log in from this host ('guest' may only from localhost).",
        ConnectionFailureReason.VirtualHostRefused => "Check that the virtual host exists and that the user has permissions in it.",
        ConnectionFailureReason.NameNotResolved => "Check the host name and the resolver.",
        ConnectionFailureReason.TlsFailed when FailureClassifier.IsTlsMismatch(exception) =>
            "There is no version of TLS, or no cipher, that both sides allow; here it is TLS 1.2 at least (Tls:Protocols). A peer that knows only TLS 1.0 or 1.1 ends like this, and one that wants a client certificate (Tls:CertificateFile).",
        ConnectionFailureReason.TlsFailed => "Check that this port speaks TLS, that its certificate is valid, that it is for this name (Tls:ServerName) and that its authority is trusted (Tls:CaFile).",
        ConnectionFailureReason.TimedOut => "Check that a broker, not only a proxy or a firewall, answers at this address.",
        ConnectionFailureReason.Dropped => "Check that a broker answers at this address, and that it expects what we speak: TLS on a plain port, or the other way round, ends like this.",
        _ => "Check that the broker runs and that the address is reachable.",
    };

    private static string CertificateProblem(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (current is CertificateException certificate)
            {
                return certificate.Message + " ";
            }
        }

        return string.Empty;
    }
}
