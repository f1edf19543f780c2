using System.Net.Sockets;
using Polly.Timeout;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ResilientRabbit.Connections;

/// <summary>The one place that turns an exception of the driver, the runtime or Polly into a reason.</summary>
internal static class FailureClassifier
{
    private const int ConnectionForced = 320;
    private const int AccessRefused = 403;
    private const int NotAllowed = 530;

    private static readonly string[] TlsMismatches =
    [
        "alert protocol version", "unsupported protocol", "alert handshake failure", "alert insufficient security",
        "'ProtocolVersion'", "'HandshakeFailure'", "'InsufficientSecurity'", "do not possess a common algorithm",
    ];

    /// <summary>Says why an attempt to connect, or a session, failed.</summary>
    public static ConnectionFailureReason Classify(Exception exception) => exception switch
    {
        ConnectionException own => own.Reason,

        // Polly's time limit round one attempt; our factory turns it into a closed socket.
        TimeoutRejectedException => ConnectionFailureReason.TimedOut,
        OperationCanceledException or TimeoutException => ConnectionFailureReason.TimedOut,

        // The broker answered connection.start-ok with 403 because we advertise authentication_failure_close.
        AuthenticationFailureException => ConnectionFailureReason.AuthenticationFailed,

        // The driver says "possible" for any end of the session during the handshake, a dying node or proxy included: not a proof.
        PossibleAuthenticationFailureException possible when ReplyOf(possible).Code == AccessRefused => ConnectionFailureReason.AuthenticationFailed,
        PossibleAuthenticationFailureException => ConnectionFailureReason.Dropped,

        OperationInterruptedException interrupted => OfReply(ReplyOf(interrupted)),
        ProtocolVersionMismatchException or PacketNotRecognizedException or HardProtocolException => ConnectionFailureReason.ProtocolError,

        // Before the IOException arm, which it derives from: only its cause says something.
        BrokerUnreachableException { InnerException: { } inner } => Classify(inner),
        AggregateException { InnerExceptions.Count: > 0 } aggregate => Classify(aggregate.InnerExceptions[0]),
        ConnectFailureException { InnerException: { } inner } => Classify(inner),

        // The TLS handshake: a certificate that is not accepted, or a peer that does not speak TLS.
        System.Security.Authentication.AuthenticationException => ConnectionFailureReason.TlsFailed,

        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } => ConnectionFailureReason.NameNotResolved,
        SocketException { SocketErrorCode: SocketError.TimedOut } => ConnectionFailureReason.TimedOut,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable } => ConnectionFailureReason.Unreachable,
        SocketException or IOException or ObjectDisposedException => ConnectionFailureReason.Dropped,
        _ => ConnectionFailureReason.Dropped,
    };

    /// <summary>Says whether time alone will not heal it: the operator must act, and attempts go at the slowest pace.</summary>
    public static bool IsRefusal(ConnectionFailureReason reason)
        => reason is ConnectionFailureReason.AuthenticationFailed or ConnectionFailureReason.VirtualHostRefused;

    /// <summary>Says whether a TLS handshake failed because both sides allow nothing in common. The platforms report it in words only: OpenSSL's, and the names of alerts.</summary>
    public static bool IsTlsMismatch(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (TlsMismatches.Any(words => current.Message.Contains(words, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Turns the driver's description of a session's end into ours.</summary>
    public static ConnectionLoss Describe(ShutdownEventArgs args)
    {
        ConnectionFailureReason reason = args.Initiator switch
        {
            ShutdownInitiator.Peer => OfReply((args.ReplyCode, args.ReplyText)),
            ShutdownInitiator.Application => ConnectionFailureReason.ClientClosed,
            _ => args.Exception is null ? ConnectionFailureReason.Dropped : Classify(args.Exception),
        };
        return new ConnectionLoss(reason, args.ReplyText, args.ReplyCode, args.Exception);
    }

    /// <summary>The broker's reply code and text when the exception, or one inside it, carries them; (0, "") otherwise.</summary>
    public static (int Code, string Text) ReplyOf(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (current is OperationInterruptedException { ShutdownReason: { Initiator: ShutdownInitiator.Peer } reason })
            {
                return (reason.ReplyCode, reason.ReplyText);
            }
        }

        return (0, string.Empty);
    }

    /// <summary>
    /// Says whether a request on a channel failed because its answer did not come in time. The driver reports that as a cancelled task,
    /// never as a time-out (driver issue 2018), so this is only meaningful when the caller's own token was not cancelled.
    /// </summary>
    public static bool IsTimeout(Exception exception) => exception is OperationCanceledException or TimeoutException;

    private static ConnectionFailureReason OfReply((int Code, string Text) reply) => reply.Code switch
    {
        ConnectionForced => ConnectionFailureReason.ClosedByBroker,
        AccessRefused => ConnectionFailureReason.AuthenticationFailed,

        // A limit on connections passes by itself; a missing or forbidden virtual host does not, whatever its name or the user's.
        NotAllowed when reply.Text.Contains("connection limit (", StringComparison.OrdinalIgnoreCase) => ConnectionFailureReason.ClosedByBroker,
        NotAllowed when IsRenewalRefused(reply.Text) => ConnectionFailureReason.AuthenticationFailed,
        NotAllowed => ConnectionFailureReason.VirtualHostRefused,
        501 or 502 or 503 or 504 or 505 => ConnectionFailureReason.ProtocolError,
        _ => ConnectionFailureReason.Dropped,
    };

    /// <summary>RabbitMQ's words (<c>rabbit_reader</c>) about a secret that was to take the place of another one; at the end, because a virtual host or a user may be called like them.</summary>
    private static bool IsRenewalRefused(string text)
        => text.EndsWith("New secret was refused by one of the backends", StringComparison.Ordinal) || text.EndsWith("Secret update failed", StringComparison.Ordinal);
}
