namespace ResilientRabbit.Testing.Model;

/// <summary>A refusal that ends a channel or a connection with a reply code and a text.</summary>
internal sealed class AmqpErrorException(int code, string? explanation) : Exception(ReplyCode.Text(code, explanation))
{
    /// <summary>The reply code.</summary>
    public int Code { get; } = code;

    /// <summary>The reply text, complete.</summary>
    public string Text => Message;

    /// <summary>Whether it ends the connection and not only the channel.</summary>
    public bool ClosesConnection => ReplyCode.ClosesConnection(Code);

    public static AmqpErrorException NotFound(string explanation) => new(ReplyCode.NotFound, explanation);

    public static AmqpErrorException NotFound(string kind, string name, string virtualHost) => new(ReplyCode.NotFound, $"no {Resource.Text(kind, name, virtualHost)}");

    public static AmqpErrorException Refused(string explanation) => new(ReplyCode.AccessRefused, explanation);

    public static AmqpErrorException Locked(string explanation) => new(ReplyCode.ResourceLocked, explanation);

    public static AmqpErrorException Precondition(string explanation) => new(ReplyCode.PreconditionFailed, explanation);

    public static AmqpErrorException NotAllowed(string explanation) => new(ReplyCode.NotAllowed, explanation);

    public static AmqpErrorException NotImplemented(string explanation) => new(ReplyCode.NotImplemented, explanation);

    public static AmqpErrorException CommandInvalid(string explanation) => new(ReplyCode.CommandInvalid, explanation);

    public static AmqpErrorException ChannelError(string explanation) => new(ReplyCode.ChannelError, explanation);

    public static AmqpErrorException Internal(string explanation) => new(ReplyCode.InternalError, explanation);
}
