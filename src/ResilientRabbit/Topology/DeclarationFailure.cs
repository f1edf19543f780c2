using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Declaring;

/// <summary>A failed declaration and what it means.</summary>
internal readonly record struct DeclarationFailure(DeclarationVerdict Verdict, int ReplyCode, string ReplyText)
{
    /// <summary>How often one entity may meet an internal error (541) of the broker before it is taken for its cause.</summary>
    private const int InternalErrorLimit = 3;

    /// <param name="exception">What the declaration threw.</param>
    /// <param name="loss">Why the session is gone; null while it lives.</param>
    /// <param name="failuresBefore">Failures of this entity since its last success.</param>
    public static DeclarationFailure Of(Exception exception, ConnectionLoss? loss, int failuresBefore)
    {
        if (exception is ArgumentException or RabbitMQ.Client.Exceptions.WireFormattingException)
        {
            return new(DeclarationVerdict.Refused, 0, exception.Message);
        }

        (int code, string text) = FailureClassifier.ReplyOf(exception);
        if (code == 0 && loss is not null)
        {
            // The end of the session may reach us before the broker's answer to this declaration, which was its cause.
            DeclarationVerdict verdict = JudgeLoss(loss.ReplyCode, failuresBefore);
            return new(verdict, loss.ReplyCode, PeerText.Sanitize(loss.Text));
        }

        return new(Judge(code, text, loss is not null, failuresBefore), code, PeerText.Sanitize(code == 0 ? exception.Message : text));
    }

    /// <summary>Somebody else on the connection may be the cause: only a repetition is blamed on the entity.</summary>
    internal static DeclarationVerdict JudgeLoss(int code, int failuresBefore) =>
        Judge(code, string.Empty, sessionDead: true, failuresBefore) is DeclarationVerdict.SessionLost ? DeclarationVerdict.SessionLost
        : failuresBefore == 0 ? DeclarationVerdict.Transient
        : DeclarationVerdict.RefusedWithConnection;

    internal static DeclarationVerdict Judge(int code, string text, bool sessionDead, int failuresBefore) => code switch
    {
        // The node of a queue is down, or its process is just being stopped: both heal by themselves; deleting or renaming would lose messages.
        404 when text.Contains("home node", StringComparison.Ordinal) || text.Contains("stopped by supervisor", StringComparison.Ordinal) => DeclarationVerdict.Transient,
        404 => DeclarationVerdict.Missing,
        // Permission; exclusive owner; other arguments or a limit of the virtual host.
        403 or 405 or 406 => DeclarationVerdict.Refused,
        // Frame, syntax, command and not-implemented errors close the connection: repeating them would close each new one.
        501 or 502 or 503 or 504 or 505 or 540 => DeclarationVerdict.RefusedWithConnection,
        // 4.x reports a deprecated feature as an internal error; other internal errors may be a node that is stopping.
        541 when text.Contains("deprecated", StringComparison.Ordinal) || failuresBefore + 1 >= InternalErrorLimit => DeclarationVerdict.RefusedWithConnection,
        541 => DeclarationVerdict.Transient,
        // No answer, or a reason that concerns the whole connection (320, heartbeat).
        _ => sessionDead ? DeclarationVerdict.SessionLost : DeclarationVerdict.Transient,
    };
}
