namespace ResilientRabbit.Testing.Wire;

/// <summary>The peer broke a rule of AMQP 0-9-1; the code says which (501 frame, 502 syntax, 503 command, 504 channel, 505 unexpected frame).</summary>
internal sealed class AmqpWireException : Exception
{
    public AmqpWireException(ushort code, string message)
        : base(message)
        => Code = code;

    public ushort Code { get; }

    public static AmqpWireException Frame(string message) => new(AmqpReply.FrameError, message);

    public static AmqpWireException Syntax(string message) => new(AmqpReply.SyntaxError, message);

    public static AmqpWireException Unexpected(string message) => new(AmqpReply.UnexpectedFrame, message);
}
