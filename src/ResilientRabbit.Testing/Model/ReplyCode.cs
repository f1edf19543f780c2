namespace ResilientRabbit.Testing.Model;

/// <summary>Reply codes of AMQP 0-9-1 as RabbitMQ uses them, with the word each text begins with.</summary>
internal static class ReplyCode
{
    public const int NoRoute = 312;
    public const int ConnectionForced = 320;
    public const int AccessRefused = 403;
    public const int NotFound = 404;
    public const int ResourceLocked = 405;
    public const int PreconditionFailed = 406;
    public const int FrameError = 501;
    public const int SyntaxError = 502;
    public const int CommandInvalid = 503;
    public const int ChannelError = 504;
    public const int UnexpectedFrame = 505;
    public const int ResourceError = 506;
    public const int NotAllowed = 530;
    public const int NotImplemented = 540;
    public const int InternalError = 541;

    /// <summary>The longest text that fits a short string; longer ones are cut and end in three dots.</summary>
    private const int MaxText = 255;

    /// <summary>Whether an error with this code ends the connection and not only the channel.</summary>
    public static bool ClosesConnection(int code) =>
        code is not (AccessRefused or NotFound or ResourceLocked or PreconditionFailed or NoRoute or 311 or 313);

    /// <summary>The word of the code, as in <c>NOT_FOUND</c>.</summary>
    public static string Name(int code) => code switch
    {
        NoRoute => "NO_ROUTE",
        ConnectionForced => "CONNECTION_FORCED",
        AccessRefused => "ACCESS_REFUSED",
        NotFound => "NOT_FOUND",
        ResourceLocked => "RESOURCE_LOCKED",
        PreconditionFailed => "PRECONDITION_FAILED",
        FrameError => "FRAME_ERROR",
        SyntaxError => "SYNTAX_ERROR",
        CommandInvalid => "COMMAND_INVALID",
        ChannelError => "CHANNEL_ERROR",
        UnexpectedFrame => "UNEXPECTED_FRAME",
        ResourceError => "RESOURCE_ERROR",
        NotAllowed => "NOT_ALLOWED",
        NotImplemented => "NOT_IMPLEMENTED",
        InternalError => "INTERNAL_ERROR",
        _ => "ERROR",
    };

    /// <summary>The whole text of a close: the word, a dash and the explanation, cut to what a short string holds.</summary>
    public static string Text(int code, string? explanation)
    {
        string text = explanation is null ? Name(code) : $"{Name(code)} - {explanation}";
        if (System.Text.Encoding.UTF8.GetByteCount(text) <= MaxText)
        {
            return text;
        }

        int length = Math.Min(text.Length, MaxText - 3);
        while (System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > MaxText - 3 || char.IsHighSurrogate(text[length - 1]))
        {
            length--;
        }

        return string.Concat(text.AsSpan(0, length), "...");
    }
}
