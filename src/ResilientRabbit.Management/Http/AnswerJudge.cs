using System.Text.Json;
using ResilientRabbit.Management.Json;

namespace ResilientRabbit.Management.Http;

/// <summary>Says what an answer with a failing status means.</summary>
internal static class AnswerJudge
{
    /// <summary>Judges an answer; null when it is what was asked for.</summary>
    public static ManagementException? FailureOf(ManagementAnswer answer, IReadOnlyList<string> secrets)
    {
        if (answer.Status is >= 200 and < 300 || (answer.Status == 503 && answer.Request.Takes503))
        {
            return null;
        }

        string? reason = ReasonOf(answer.Body.Span) is { } given ? SecretScrubber.Clean(given, secrets) : null;
        ManagementFailure failure = KindOf(answer.Status, reason);
        return new ManagementException(failure, $"{answer.Request} failed at {answer.Address}: {answer.Status}{(reason is null ? "" : $", {reason}")}. {AdviceOf(failure)}")
        {
            Address = answer.Address.ToString(),
            Request = answer.Request.ToString(),
            StatusCode = answer.Status,
            BrokerReason = reason,
            Attempts = answer.Attempts,
        };
    }

    private static ManagementFailure KindOf(int status, string? reason) => status switch
    {
        // RabbitMQ says 401 also to users whom it knows and who may not.
        401 => reason is not null && (reason.StartsWith("Not ", StringComparison.Ordinal) || reason.StartsWith("User not ", StringComparison.Ordinal))
            ? ManagementFailure.Forbidden
            : ManagementFailure.Unauthorized,
        403 => ManagementFailure.Forbidden,
        404 => ManagementFailure.NotFound,
        409 or 412 => ManagementFailure.Conflict,
        400 when reason is not null && IsConflict(reason) => ManagementFailure.Conflict,
        >= 400 and < 500 => ManagementFailure.BadRequest,
        502 or 503 or 504 => ManagementFailure.Unavailable,
        >= 300 and < 400 => ManagementFailure.Malformed,
        _ => ManagementFailure.ServerError,
    };

    // RabbitMQ has no status of its own for these, only its words of AMQP.
    private static bool IsConflict(string reason)
        => reason.Contains("PRECONDITION_FAILED", StringComparison.OrdinalIgnoreCase) || reason.StartsWith("inequivalent arg", StringComparison.Ordinal)
            || reason.EndsWith(" in use", StringComparison.Ordinal) || reason.EndsWith(" not empty", StringComparison.Ordinal);

    private static string AdviceOf(ManagementFailure failure) => failure switch
    {
        ManagementFailure.Unauthorized => "Check user and password.",
        ManagementFailure.Forbidden => "The user is known; check its tags and its permissions in the virtual host.",
        ManagementFailure.NotFound => "Check the names, and that the plugin is enabled which serves this path.",
        ManagementFailure.Conflict => "The object is in use, not empty, or there with other properties.",
        ManagementFailure.BadRequest => "Check the values; the broker does not take them.",
        ManagementFailure.Malformed => "This is a redirection, which is not followed: check the address.",
        _ => "Try again later, and look at the node's log.",
    };

    private static string? ReasonOf(ReadOnlySpan<byte> body)
    {
        try
        {
            // Two shapes: {"error":..., "reason":...}, and a reason that is not text.
            BrokerError? error = JsonSerializer.Deserialize(body, ManagementJson.Default.BrokerError);
            string? reason = error?.Reason.ValueKind == JsonValueKind.String ? error.Reason.GetString() : error?.Reason.ValueKind is null or JsonValueKind.Undefined ? error?.Error : error.Reason.GetRawText();
            return string.IsNullOrWhiteSpace(reason) ? null : reason.Trim();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // A page of some proxy: nobody knows what it holds. Or half of a surrogate pair, which is no text.
            return null;
        }
    }
}
